import IOVA

/// Has exactly one CPU run at a time, and decides at every switch point which one.
///
/// A switch point is the moment before a lock is taken and the one after it is released. Each
/// decision among several CPUs is drawn from the choice source that drew the program, 0 being "stay
/// on this CPU": the same choices give the same execution. A policy only makes fresh choices;
/// replay and shrinking never ask it. The machine's own locks lock nothing, since nobody runs
/// beside the one who runs; the conductor keeps whoever wants a taken lock from running until it is
/// free.
///
/// Touched by one CPU at a time; the carrier orders them.
final class Conductor: Supervisor, @unchecked Sendable {
  /// What happened at a switch point, for the report.
  enum Event: Hashable {
    case preempted(CPU, before: LockID)
    case preemptedAfter(CPU, releasing: LockID)
    case waits(CPU, for: LockID)
  }

  /// Where decisions come from; lent for one execution.
  @exclusivity(unchecked) var source = ChoiceSource(seed: Seed(0))
  @exclusivity(unchecked) var report: ((Event) -> Void)?
  /// How often another CPU was chosen.
  @exclusivity(unchecked) private(set) var switches = 0
  /// The CPUs that wait for each other; nil unless that happened.
  @exclusivity(unchecked) private(set) var deadlock: String?

  /// Makes the choices that are fresh, from randomness of its own.
  @exclusivity(unchecked) private(set) var policy = Portfolio(exhaustiveLimit: 0)
  @exclusivity(unchecked) private var policySource = ChoiceSource(seed: Seed(0))
  /// Whether the policy began this execution.
  @exclusivity(unchecked) private(set) var isPolicyAsked = false
  @exclusivity(unchecked) private var plan = ExecutionPlan(steps: [])
  /// By CPU, the step it takes next, as far as that is known: the lock that it wants.
  @exclusivity(unchecked) private var pending: [Step] = []

  private let inner: (any Supervisor)?
  private let carrier: any Carrier
  private let isBroken: () -> Bool
  /// Whether a lock keeps others out; the canary says no.
  private let locksLock: Bool
  @exclusivity(unchecked) private var owners: [CPU?]
  @exclusivity(unchecked) private var waiting: [LockID?]
  @exclusivity(unchecked) private var isFinished: [Bool]
  @exclusivity(unchecked) private var isConducting = false

  init(
    _ carrier: any Carrier, cpus: Int, judge: Judge, locksLock: Bool
  ) {
    self.carrier = carrier
    self.locksLock = locksLock
    inner = judge.supervisor
    isBroken = judge.isBroken
    owners = Array(repeating: nil, count: Conductor.lockCount(cpus: cpus))
    waiting = Array(repeating: nil, count: cpus)
    isFinished = Array(repeating: true, count: cpus)
  }

  /// Runs one body a CPU, to the end of all; outside of this nobody is conducted.
  ///
  /// - Parameter plan: how many steps each CPU takes, about.
  func conduct(_ plan: ExecutionPlan, _ body: @escaping (CPU) -> Void) {
    let cpus = plan.cpus
    self.plan = plan
    isPolicyAsked = false
    pending = (0..<cpus).map { Step(cpu: $0, resource: .none, writes: false) }
    switches = 0
    deadlock = nil
    for cpu in 0..<cpus {
      isFinished[cpu] = false
      waiting[cpu] = nil
    }
    isConducting = true
    let first = choose(among: (1 << UInt64(cpus)) - 1, current: 0)
    carrier.run(
      cpus, first: first, body: { cpu in body(CPU(cpu)) },
      successor: { [unowned self] cpu in self.successor(of: cpu) })
    isConducting = false
  }

  // MARK: Supervisor

  func acquiring(_ lock: LockID, on cpu: CPU) {
    inner?.acquiring(lock, on: cpu)
    guard isConducting else { return }
    let resource = Resource(UInt32(Conductor.index(lock)))
    pending[cpu.index] = Step(cpu: cpu.index, resource: resource, writes: true)
    yield(cpu) { .preempted(cpu, before: lock) }
    defer { took(pending[cpu.index]) }
    guard locksLock else { return }
    let index = Conductor.index(lock)
    while owners[index] != nil, deadlock == nil {
      waiting[cpu.index] = lock
      report?(.waits(cpu, for: lock))
      guard let other = next(besides: cpu.index) else {
        noteDeadlock()
        break
      }
      switches += 1
      carrier.handOver(from: cpu.index, to: other)
    }
    waiting[cpu.index] = nil
    owners[index] = cpu
  }

  func releasing(_ lock: LockID, on cpu: CPU) {
    inner?.releasing(lock, on: cpu)
    guard isConducting else { return }
    owners[Conductor.index(lock)] = nil
    pending[cpu.index] = Step(cpu: cpu.index, resource: .none, writes: false)
    yield(cpu) { .preemptedAfter(cpu, releasing: lock) }
  }

  func observed(_ event: DomainEvent, on cpu: CPU) { inner?.observed(event, on: cpu) }

  func oops(_ oops: Oops, on cpu: CPU) { inner?.oops(oops, on: cpu) }

  // MARK: Decisions

  /// A switch point at which the CPU could go on.
  private func yield(_ cpu: CPU, _ event: () -> Event) {
    // Once a law is broken the rest runs to its end undisturbed.
    guard !isBroken() else { return }
    let other = choose(among: runnable, current: cpu.index)
    guard other != cpu.index else { return }
    switches += 1
    report?(event())
    carrier.handOver(from: cpu.index, to: other)
  }

  /// The CPUs that could run, as bits.
  private var runnable: UInt64 {
    var bits: UInt64 = 0
    for cpu in isFinished.indices where !isFinished[cpu] {
      if let lock = waiting[cpu], owners[Conductor.index(lock)] != nil { continue }
      bits |= 1 << UInt64(cpu)
    }
    return bits
  }

  /// Draws one of several CPUs: 0 is the current one if it can run, the others follow in order.
  private func choose(among bits: UInt64, current: Int) -> Int {
    let count = bits.nonzeroBitCount
    let mine: UInt64 = bits & (1 << UInt64(current))
    guard count > 1 else { return count == 1 ? bits.trailingZeroBitCount : current }
    var pick = Int(
      source.choose(upTo: UInt64(count - 1)) { random in
        let cpu = ask(among: bits, current, &random)
        return Conductor.index(of: cpu, among: bits, mine)
      })
    if mine != 0 {
      if pick == 0 { return current }
      pick -= 1
    }
    var rest = bits & ~mine
    for _ in 0..<pick { rest &= rest - 1 }
    return rest.trailingZeroBitCount
  }

  /// The number under which a CPU is chosen: 0 for the current one, if it can run.
  private static func index(of cpu: Int, among bits: UInt64, _ mine: UInt64) -> UInt64 {
    let chosen: UInt64 = 1 << UInt64(cpu)
    if chosen == mine { return 0 }
    let below = (bits & ~mine & (chosen - 1)).nonzeroBitCount
    return UInt64(below + (mine == 0 ? 0 : 1))
  }

  /// Has the policy choose.
  private func ask(among bits: UInt64, _ current: Int, _ random: inout SplitMix64) -> Int {
    if !isPolicyAsked {
      isPolicyAsked = true
      policySource.reset(seed: Seed(random.next()))
      policy.begin(plan, drawing: &policySource)
    }
    let steps = pending
    let cpu = policy.next(
      of: CPUSet(bits: bits), after: current, pending: steps.span, drawing: &policySource)
    return cpu ?? bits.trailingZeroBitCount
  }

  /// Tells the policy of a step, if it is asked at all.
  private func took(_ step: Step) {
    if isPolicyAsked { policy.ran(step) }
  }

  private func next(besides cpu: Int) -> Int? {
    let bits = runnable & ~(1 << UInt64(cpu))
    if bits == 0 { return nil }
    return isBroken() ? bits.trailingZeroBitCount : choose(among: bits, current: cpu)
  }

  private func successor(of cpu: Int) -> Int? {
    isFinished[cpu] = true
    waiting[cpu] = nil
    guard isFinished.contains(false) else { return nil }
    if let other = next(besides: cpu) { return other }
    noteDeadlock()
    return isFinished.firstIndex(of: false)
  }

  /// Says who waits for whom; from then on nobody waits any more, so that the execution ends.
  private func noteDeadlock() {
    guard deadlock == nil else { return }
    let parts = waiting.indices.compactMap { cpu -> String? in
      guard !isFinished[cpu], let lock = waiting[cpu] else { return nil }
      let owner = owners[Conductor.index(lock)].map { "\($0)" } ?? "nobody"
      return "cpu\(cpu) waits for \(lock), which \(owner) holds"
    }
    deadlock = parts.joined(separator: "; ")
  }

  // MARK: Locks

  private static func lockCount(cpus: Int) -> Int { 9 + 6 * cpus }

  /// A number for each lock: T, those of page tables, then the depots, then the CPUs' caches.
  private static func index(_ lock: LockID) -> Int {
    switch lock.rank {
    case .rangeTree, .timers, .physicalMemory: 0
    case .tableSplit: 1
    case .tableMemory: 2
    case .depot: 3 + Int(lock.sizeClass)
    case .cpuCache: 9 + Int(lock.cpu) * 6 + Int(lock.sizeClass)
    }
  }
}
