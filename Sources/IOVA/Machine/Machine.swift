import Dispatch

/// What the allocator runs on: CPUs, locks, a clock with timers, and memory that may run out.
///
/// A value that is passed along; there is no global. A host machine runs in real time; a machine
/// with virtual time moves its clock only in `advance(by:on:)`. A supervisor watches a machine from
/// outside.
public final class Machine: Sendable {
  public enum Clock: Sendable {
    /// Time passes by itself; timers run on a Dispatch queue, as CPU 0.
    case host
    /// Time passes only in `advance(by:on:)`, which runs what is due.
    case virtual
    /// Time passes only in `advance(by:on:)`; what is due waits until `runDueTimer(on:)` runs it.
    case conducted
  }

  public enum Locking: Sendable {
    case spin
    /// Locks lock nothing: the canary that every check of concurrency has to catch.
    case nothing
  }

  /// The most CPUs that a machine can have.
  public static let maxCPUs = 256

  public let cpuCount: Int
  public let clock: Clock
  public let locking: Locking
  public let memory = MemoryBudget()
  /// How locks and domains call the supervisor.
  let supervisor: SupervisorLink
  private let supervisorOwned: (any Supervisor)?
  /// The supervisor, if the machine was made on a stage.
  private let staged: StagedMachine?
  private let port: SupervisorPort?
  private let listenerOwned: (any Supervisor)?
  private let listenerPort: SupervisorPort?

  private let onlineCPUs: OnlineCPUs
  private let timers: Locked<TimerQueue>
  /// Held while a timer's work runs.
  private let worker: Locked<Void>
  private let hotplug: Locked<[HotplugHandler]>
  private let hostQueue: DispatchQueue?

  /// A machine without a supervisor that is made on a stage is the stage's: its locks are taken
  /// there, time passes only in `advance(by:on:)`, and it has one domain.
  ///
  /// - Parameter listener: is told of events instead of a supervisor that would only pass them on;
  ///   see `tellListener`.
  public init(
    cpus: Int, clock: Clock = .host, locking: Locking = .spin,
    supervisor: (any Supervisor)? = nil, listener: (any Supervisor)? = nil
  ) {
    precondition(cpus >= 1, "a machine has at least one CPU")
    precondition(cpus <= Machine.maxCPUs, "a machine has at most \(Machine.maxCPUs) CPUs")
    cpuCount = cpus
    staged = supervisor == nil ? Stage.current.map { StagedMachine($0, cpus: cpus) } : nil
    self.clock = staged != nil && clock == .host ? .virtual : clock
    self.locking = staged == nil ? locking : .nothing
    supervisorOwned = supervisor ?? staged
    port = supervisorOwned.map { SupervisorPort.port(of: $0) }
    listenerOwned = listener
    listenerPort = listener.map { SupervisorPort.port(of: $0) }
    self.supervisor = SupervisorLink(port)
    onlineCPUs = OnlineCPUs(count: cpus)
    timers = Locked(TimerQueue(), .timers, supervisor: SupervisorLink(nil), locking: .spin)
    worker = Locked((), .worker, supervisor: SupervisorLink(port), locking: self.locking)
    hotplug = Locked([], .timers, supervisor: SupervisorLink(nil), locking: .spin)
    hostQueue = self.clock == .host ? DispatchQueue(label: "machine.timers") : nil
  }

  deinit {
    timers.destroy()
    worker.destroy()
    hotplug.destroy()
  }

  /// Returns to the initial state: all CPUs online, time 0, no timer armed, memory for all.
  ///
  /// For a machine on virtual time on which nobody runs. Its domains stay and need a reset of their
  /// own (`IOVADomain.reset()`), since their timers are gone. O(1)
  public func reset() {
    precondition(clock != .host, "only a machine on virtual time can be reset")
    onlineCPUs.reset(count: cpuCount)
    timers.dismantle { $0.reset() }
    memory.reset()
  }

  /// Has events and upcoming releases of locks go to the listener, if there is one, instead of the
  /// supervisor, or no longer; only while nobody runs.
  public func tellListener(_ isTold: Bool) {
    port?.listener = isTold ? listenerPort.map { .passUnretained($0) } : nil
  }

  // MARK: CPUs

  /// How many CPUs are plugged in.
  public var onlineCount: Int { onlineCPUs.count }

  public func isOnline(_ cpu: CPU) -> Bool { cpu.index < cpuCount && onlineCPUs.contains(cpu) }

  /// Unplugs a CPU, and tells every domain that it is dead (rule 57).
  ///
  /// Nothing may run on the CPU from now on. CPU 0 always stays. False if nothing changed.
  @discardableResult
  public func unplug(_ victim: CPU, on cpu: CPU) -> Bool {
    guard victim.index > 0, victim.index < cpuCount else { return false }
    supervisor.reach(.onlineChange, on: cpu)
    guard onlineCPUs.set(victim, online: false) else { return false }
    for handler in hotplug.withLock(on: cpu, { $0 }) { handler.action(victim, cpu) }
    return true
  }

  /// Plugs a CPU in again. False if nothing changed.
  @discardableResult
  public func plug(_ cpu: CPU) -> Bool {
    guard cpu.index < cpuCount else { return false }
    supervisor.reach(.onlineChange, on: cpu)
    return onlineCPUs.set(cpu, online: true)
  }

  /// Has `action` called for every CPU that is unplugged, until `unregister`.
  func register(_ key: HotplugKey, _ action: @escaping @Sendable (_ dead: CPU, CPU) -> Void) {
    hotplug.withLock(on: CPU(0)) { handlers in
      precondition(staged == nil || handlers.isEmpty, "on a stage a machine has one domain")
      handlers.append(HotplugHandler(key: key, action: action))
    }
  }

  func unregister(_ key: HotplugKey) {
    hotplug.withLock(on: CPU(0)) { handlers in handlers.removeAll { $0.key === key } }
  }

  // MARK: Memory

  /// Whether a request for memory made on `cpu` now is granted.
  @inline(__always)
  func grantsMemory(on cpu: CPU) -> Bool {
    supervisor.reach(.memoryAsked, on: cpu)
    if memory.grants(on: cpu) { return true }
    supervisor.tell { $0.observed(.memoryRefused, on: cpu) }
    return false
  }

  // MARK: Time

  /// Virtual time in ms since the machine was made.
  public var now: UInt64 { timers.withLock(on: CPU(0)) { $0.now } }

  /// Lets virtual time pass, and runs each timer that comes due on the calling thread, at its time;
  /// on a conducted clock, time only passes.
  public func advance(by milliseconds: UInt64, on cpu: CPU) {
    precondition(clock != .host, "only virtual time can be advanced")
    staged?.movesClock()
    if clock == .conducted {
      let isDue = timers.withLock(on: cpu) { timers in
        timers.move(by: milliseconds)
        return timers.hasDue
      }
      if isDue { supervisor.reach(.timerDue, on: cpu) }
      return
    }
    let end = timers.withLock(on: cpu) { $0.now } + milliseconds
    while let action = timers.withLock(on: cpu, { $0.takeDue(until: end) }) {
      worker.withLock(on: cpu) { _ in action(cpu) }
    }
  }

  /// Lets virtual time pass without running the timers that come due, to test that overdue timers
  /// are noticed.
  package func pass(_ milliseconds: UInt64) {
    timers.withLock(on: CPU(0)) { $0.move(by: milliseconds) }
  }

  /// Runs the work of the timer that is due first. False if none is due; conducted clock only.
  @discardableResult
  public func runDueTimer(on cpu: CPU) -> Bool {
    precondition(clock == .conducted, "only conducted timers wait to be run")
    guard hasDueTimers else { return false }
    return worker.withLock(on: cpu) { _ in
      guard let action = timers.withLock(on: cpu, { $0.takeDue() }) else { return false }
      action(cpu)
      return true
    }
  }

  /// Whether a timer is due on the conducted clock.
  public var hasDueTimers: Bool { timers.withLock(on: CPU(0)) { $0.hasDue } }

  /// Whether a timer is armed on the virtual clock.
  public var hasArmedTimers: Bool { timers.withLock(on: CPU(0)) { !$0.isEmpty } }

  /// Runs `action` once, `delay` ms from now.
  func arm(
    _ timer: MachineTimer, after delay: UInt64, on cpu: CPU, _ action: @escaping MachineTimer.Action
  ) {
    switch clock {
    case .virtual, .conducted:
      supervisor.reach(.timerArmed, on: cpu)
      timers.withLock(on: cpu) { $0.arm(timer, after: delay, action) }
    case .host:
      hostQueue?.asyncAfter(deadline: .now() + .milliseconds(Int(delay))) {
        if !timer.isCancelled { action(CPU(0)) }
      }
    }
  }

  /// Disarms a timer, and waits for its work to end if it is running.
  ///
  /// - Parameter waits: false for a fault: the caller then goes on while the work still runs.
  func cancel(_ timer: MachineTimer, waits: Bool = true, on cpu: CPU) {
    timer.cancel()
    switch clock {
    case .virtual, .conducted:
      timers.withLock(on: cpu) { $0.disarm(timer) }
      if waits { worker.withLock(on: cpu) { _ in } }
    case .host: if waits { hostQueue?.sync {} }
    }
  }

  /// Whether a timer is armed on a virtual clock. O(timers)
  func isArmed(_ timer: MachineTimer) -> Bool {
    timers.withLock(on: CPU(0)) { $0.contains(timer) }
  }
}

/// Identifies a registration for the unplugging of CPUs.
final class HotplugKey: Sendable {}

struct HotplugHandler: Sendable {
  let key: HotplugKey
  let action: @Sendable (_ dead: CPU, CPU) -> Void
}
