import IOVA

/// A machine as a conductor sees it: its locks and windows are places at which another CPU may go
/// on, and the events of its domain can be reported.
///
/// Used by one actor at a time, like the conductor.
final class ConductedMachine: SupervisorPort, @unchecked Sendable {
  let conductor: Conductor
  /// Windows that are not switch points in the next execution.
  @exclusivity(unchecked) var idleWindows = WindowSet()
  /// Events that are preceded by a switch point.
  @exclusivity(unchecked) var exposed = ExposedEvents(.none)
  /// Called with each event of the domain, and the actor that caused it.
  @exclusivity(unchecked) var report: ((_ actor: Int, DomainEvent) -> Void)?
  /// The machine, if its events can bypass this object; whoever sets it keeps the machine alive.
  @exclusivity(unchecked) var machine: Unmanaged<Machine>?

  /// The laws.
  private let inner: SupervisorPort?
  private let numbers = LockNumbers.shared

  /// - Parameter laws: the judge, which the caller keeps alive.
  init(_ conductor: Conductor, laws: (any Supervisor)?) {
    self.conductor = conductor
    inner = laws.map { SupervisorPort.port(of: $0) }
    super.init()
    let me = Unmanaged.passUnretained(self)
    conductor.becomesPlain = { isPlain in
      me._withUnsafeGuaranteedRef { $0.tellListener(isPlain) }
    }
  }

  private func tellListener(_ isTold: Bool) {
    machine?._withUnsafeGuaranteedRef { $0.tellListener(isTold && exposed.isEmpty) }
  }

  // MARK: Supervisor

  override func acquiring(_ lock: LockID, on cpu: CPU) {
    inner?.acquiring(lock, on: cpu)
    conductor.take(numbers.number(of: lock))
  }

  override func releasing(_ lock: LockID, on cpu: CPU) { inner?.releasing(lock, on: cpu) }

  override func released(_ lock: LockID, on cpu: CPU) {
    conductor.release(numbers.number(of: lock))
  }

  override func oops(_ oops: Oops, on cpu: CPU) { inner?.oops(oops, on: cpu) }

  override func reached(_ window: Window, on cpu: CPU) {
    guard conductor.isConducting, !idleWindows.contains(window) else { return }
    let (resource, writes) = Resource.of(window)
    if window == .timerDue { conductor.wakeWorkers() }
    conductor.reach(.window(window), resource, writes: writes)
  }

  /// The actor is about to look up, or to name, a range that others name as well.
  func reachedHandle(_ handle: Handle) {
    conductor.reach(.handle, .handle(handle), writes: true)
  }

  override func observed(_ event: DomainEvent, on cpu: CPU) {
    if conductor.isConducting, exposed.contains(event) { standBeforeAnnouncing(event) }
    inner?.observed(event, on: cpu)
    conductor.pauseWatch()
    defer { conductor.resumeWatch() }
    noteEffect(of: event)
    if let report { report(conductor.isConducting ? conductor.current : cpu.index, event) }
  }

  @inline(never)
  private func standBeforeAnnouncing(_ event: DomainEvent) {
    conductor.pauseWatch()
    defer { conductor.resumeWatch() }
    noteEffect(of: event)
    conductor.reach(.announces, .none, writes: false)
  }

  private func noteEffect(of event: DomainEvent) {
    guard conductor.notesEvents, let effect = event.effect else { return }
    conductor.footprint.note(effect)
  }
}

/// The events under locks that faults leave out, one bit for each rank of locks.
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
  /// The rank of the lock under which it is announced; nil if there is none.
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

extension DomainEvent {
  /// What it reveals about the step in which it happened; nil if nothing.
  fileprivate var effect: Footprint.Effect? {
    switch self {
    case .began, .ended, .flushed, .drained, .found, .memoryRefused: nil
    case .checked(_, wakes: false): nil
    case .returnedNothing: .passed
    default: .changed
    }
  }
}
