import IOVA

/// What a conductor is asked for, and what it tells.
extension Conductor {
  /// Who decides.
  enum Guidance {
    /// The choice source; a policy makes the choices that are fresh.
    case choices
    /// The policy alone, and nothing is recorded.
    case policy
    /// A schedule in words.
    case script
  }

  /// What an execution tells whoever wants to know, at every switch point.
  enum Event {
    /// The actor stands at the point, and goes on.
    case passes(actor: Int, SwitchPoint)
    /// The actor stands at the point, and another one goes on.
    case stops(actor: Int, SwitchPoint)
    /// The actor has to wait for the lock, and another one goes on.
    case waits(actor: Int, for: LockID)
    /// The actor is done, or has nothing to do, and another one goes on.
    case rests(actor: Int)
    /// The actor holds the lock.
    case holds(actor: Int, LockID)
    /// The actor does not hold the lock any more.
    case lets(actor: Int, LockID)
    /// Something happened in the domain.
    case changes(actor: Int, DomainEvent)
    /// Nobody can go on, or nobody gets anywhere.
    case isStuck
  }

  // MARK: What a domain tells

  func heard(_ event: DomainEvent, on cpu: CPU) {
    if isConducting, exposed.contains(event) { standBeforeAnnouncing(event) }
    inner?.observed(event, on: cpu)
    pauseWatch()
    defer { resumeWatch() }
    if notesEvents { footprint.note(event) }
    if let report { report(.changes(actor: isConducting ? current : cpu.index, event)) }
  }

  @inline(never)
  private func standBeforeAnnouncing(_ event: DomainEvent) {
    pauseWatch()
    defer { resumeWatch() }
    if notesEvents { footprint.note(event) }
    pending[current] = Step(cpu: current, resource: .none, writes: false)
    stand(current, .announces)
  }
}

/// The events of locks that faults leave out, a bit for each rank of locks.
struct ExposedEvents {
  private var ranks: UInt16 = 0

  init(_ faults: FaultSet) {
    for rank in faults.locksLeftOut { ranks |= 1 << rank.rawValue }
  }

  var isEmpty: Bool { ranks == 0 }

  @inline(__always)
  func contains(_ event: DomainEvent) -> Bool {
    guard ranks != 0, let rank = event.guardRank else { return false }
    return ranks & 1 << rank.rawValue != 0
  }
}

extension DomainEvent {
  /// The rank of the lock under which it is announced; nil if under none.
  fileprivate var guardRank: LockRank? {
    switch self {
    case .began, .ended, .closing, .dma, .memoryRefused: nil
    case .invalidationStarted, .invalidationFinished: nil
    case .flushTimerArmed, .flushTimerBegan, .flushTimerEnded: nil
    case .ringMade, .queued, .released: .flushRing
    case .allocated, .allocationFailed, .removed, .reserved, .found, .split, .returnedNothing:
      .rangeTree
    case .cached, .taken, .missed, .flushed: .cpuCache
    case .stored, .fetched, .drained, .checked, .trimmed: .depot
    }
  }
}
