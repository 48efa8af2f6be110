import IOVA

/// The laws of locks: in which order they are taken, what is done under which, and until when.
extension LawBook {
  /// Before a lock is taken: I27 and I28.
  @inline(__always)
  func acquiringInOrder(_ lock: LockID, _ cpu: CPU) {
    let held = meters[cpu].heldLocks
    if held >= lock.rank.bit || cpu.takesInterrupts || closer.load(ordering: .relaxed) != 0 {
      judgeAcquisition(lock, held, cpu)
    }
    meters[cpu].heldLocks = held | lock.rank.bit
  }

  @inline(never)
  private func judgeAcquisition(_ lock: LockID, _ held: UInt16, _ cpu: CPU) {
    if held >= lock.rank.bit {
      let names = LockRank.allCases.filter { held & $0.bit != 0 }.map { "\($0)" }
      broken(
        .locksAreTakenInOrder,
        "\(cpu) takes \(lock) and holds \(names.joined(separator: ", ")) already")
    }
    if cpu.takesInterrupts {
      broken(
        .locksAreTakenInOrder,
        "\(cpu) takes \(lock) with interrupts enabled: one that frees a range spins on it forever")
    }
    let ender = closer.load(ordering: .relaxed)
    if ender > 0, cpu.isWorker || cpu.index != ender - 1, lock.rank != .worker {
      broken(
        .nothingRunsAfterTeardown,
        "\(cpu) takes \(lock), and \(CPU(ender - 1)) has begun teardown")
    }
  }

  /// What a lock guards is touched only by its holder.
  @inline(__always)
  func judgeGuard(_ event: DomainEvent, _ cpu: CPU) {
    let held = meters[cpu].heldLocks
    switch event {
    case .began, .ended:
      if held != 0 {
        let names = LockRank.allCases.filter { held & $0.bit != 0 }.map { "\($0)" }
        broken(
          .locksAreTakenInOrder,
          "\(cpu) holds \(names.joined(separator: ", ")) between two calls")
      }
    case .allocated, .allocationFailed, .removed, .reserved, .split, .returnedNothing:
      if held & LockRank.rangeTree.bit == 0 { untold("rangeTree", event, cpu) }
    case .cached, .taken, .missed, .flushed:
      if held & LockRank.cpuCache.bit == 0 { untold("cpuCache", event, cpu) }
    case .stored, .fetched, .drained, .checked, .trimmed:
      if held & LockRank.depot.bit == 0 { untold("depot", event, cpu) }
    case .ringMade, .queued, .released:
      if held & LockRank.flushRing.bit == 0 { untold("flushRing", event, cpu) }
    case .closing, .invalidationStarted, .invalidationFinished, .flushTimerArmed,
      .flushTimerBegan, .flushTimerEnded:
      break
    }
  }

  @inline(never)
  private func untold(_ lock: String, _ event: DomainEvent, _ cpu: CPU) {
    broken(.guardsAreHeld, "\(cpu) does not hold \(lock) at \(event.name)")
  }
}

extension LockRank {
  /// A bit of its own; that of a lock taken later is higher.
  @inline(__always)
  var bit: UInt16 { 1 &<< UInt16(rawValue) }
}

extension DomainEvent {
  /// What happened, without its details.
  var name: String {
    String(describing: self).prefix { $0 != "(" }.description
  }
}
