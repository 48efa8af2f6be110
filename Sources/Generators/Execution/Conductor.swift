import IOVA

/// Has exactly one actor run at a time, and decides at every switch point which one.
///
/// An actor is a CPU of the program, or the worker that runs timers once they are due. A switch
/// point is the moment before a lock is taken and the one after it is released, and every window
/// that no lock marks. Who goes on is decided by a policy and recorded as a choice, by the choices
/// of an earlier execution, or by a schedule. The machine's own locks lock nothing, since nobody
/// runs beside the one who runs; an actor that wants a taken lock can't be chosen.
///
/// Touched by one actor at a time; the carrier orders them.
final class Conductor: Supervisor, @unchecked Sendable {
  /// Who decides.
  enum Guidance {
    /// The choice source; a policy makes the choices that are fresh.
    case choices
    /// The policy alone, and nothing is recorded.
    case policy
    /// A schedule in words.
    case script
  }

  /// More steps than any execution takes that makes progress.
  static let stepLimit = 1 << 20

  /// Where choices come from and go to; lent for one execution.
  @exclusivity(unchecked) var source = ChoiceSource(seed: Seed(0))
  @exclusivity(unchecked) var guidance = Guidance.choices
  @exclusivity(unchecked) var policy = Portfolio(exhaustiveLimit: 0)
  /// What the policy draws from, unless it is asked for choices.
  @exclusivity(unchecked) var policySeed = Seed(0)
  @exclusivity(unchecked) var reader = ScriptReader()
  /// Who took each step in which command, if that is wanted.
  @exclusivity(unchecked) var isTracing = false
  @exclusivity(unchecked) var trace = JointTrace()
  @exclusivity(unchecked) var report: ((Event) -> Void)?

  /// How often another actor went on.
  @exclusivity(unchecked) private(set) var switches = 0
  /// Switch points passed.
  @exclusivity(unchecked) private(set) var steps = 0
  /// The actors that wait for each other; nil unless that happened.
  @exclusivity(unchecked) private(set) var deadlock: String?
  /// Whether the policy began this execution.
  @exclusivity(unchecked) private(set) var isPolicyAsked = false
  /// Whether all that could follow was seen before: the rest runs to its end, and counts for
  /// nothing.
  @exclusivity(unchecked) private(set) var isPruned = false
  /// By actor, the number of the command that it runs.
  let commands: UnsafeMutablePointer<Int>
  @exclusivity(unchecked) private(set) var current = 0

  /// Told not to watch what conducts: its state is shared by all actors and kept whole by there
  /// being only one that runs.
  private let sanitizer = ThreadSanitizer.ofThisProcess
  private let inner: (any Supervisor)?
  private let carrier: any Carrier
  private let isBroken: () -> Bool
  /// Whether a lock keeps others out; the canary says no.
  @exclusivity(unchecked) var locksLock = true

  @exclusivity(unchecked) private var policySource = ChoiceSource(seed: Seed(0))
  @exclusivity(unchecked) private(set) var plan = ExecutionPlan(steps: [])
  @exclusivity(unchecked) private var isConducting = false
  // Sets of actors, a bit each.
  @exclusivity(unchecked) private var active: UInt64 = 0
  @exclusivity(unchecked) private var blocked: UInt64 = 0
  @exclusivity(unchecked) private var cpus: UInt64 = 0
  @exclusivity(unchecked) private var joining: UInt64 = 0
  private let locks: LockTable
  /// What the present step has done so far.
  @exclusivity(unchecked) private var footprint = Footprint(
    Step(cpu: 0, resource: .none, writes: false), isLock: false)
  /// By actor, the step it takes next, as far as that is known.
  private let pending: UnsafeMutablePointer<Step>

  /// Made once: a closure is an allocation.
  @exclusivity(unchecked) private var after: (Int) -> Int? = { _ in nil }

  init(_ carrier: any Carrier, cpus: Int, judge: Judge) {
    self.carrier = carrier
    inner = judge.supervisor
    isBroken = judge.isBroken
    locks = LockTable(cpus: cpus)
    pending = .allocate(capacity: cpus + 1)
    pending.initialize(
      repeating: Step(cpu: 0, resource: .none, writes: false), count: cpus + 1)
    commands = .allocate(capacity: cpus + 1)
    commands.initialize(repeating: 0, count: cpus + 1)
    after = { [unowned(unsafe) self] actor in self.successor(of: actor) }
  }

  deinit {
    pending.deallocate()
    commands.deallocate()
  }

  /// Runs one body an actor, to the end of all; outside of this nobody is conducted.
  ///
  /// - Parameter plan: how many steps each actor takes, about.
  /// - Parameter cpus: how many of them are CPUs; one more is the worker.
  /// - Parameter body: kept by the caller for as long as this runs.
  func conduct(
    _ plan: ExecutionPlan, cpus count: Int, _ body: @escaping (_ actor: Int) -> Void
  ) {
    let actors = plan.cpus
    self.plan = plan
    isPolicyAsked = false
    isPruned = false
    switches = 0
    steps = 0
    deadlock = nil
    active = (1 << UInt64(actors)) - 1
    cpus = (1 << UInt64(count)) - 1
    blocked = 0
    joining = 0
    locks.reset()
    for actor in 0..<actors {
      pending[actor] = Step(cpu: actor, resource: .none, writes: false)
      commands[actor] = -1
    }
    isConducting = true
    current = 0
    // The worker has nothing to do before a timer is due.
    if actors > count { blocked = active & ~cpus }
    trace.removeAll()
    current = choose(among: active & ~blocked, isWilling: true)
    carrier.run(actors, first: current, body: body, successor: after)
    isConducting = false
    if isPolicyAsked { policy.ran(footprint.step(isHeld: false)) }
  }

  // MARK: Supervisor

  func acquiring(_ lock: LockID, on cpu: CPU) {
    inner?.acquiring(lock, on: cpu)
    guard isConducting else { return }
    sanitizer?.pause()
    defer { sanitizer?.resume() }
    let actor = current
    let index = locks.index(of: lock)
    pending[actor] = Step(cpu: actor, resource: Resource(UInt32(index)), writes: true)
    if locksLock {
      locks.want(index, actor)
      if locks.isTaken(index) {
        blocked |= 1 << UInt64(actor)
        report?(.waits(actor: actor, for: lock))
        leave(actor)
      } else {
        stand(actor, .takes(lock))
      }
      blocked |= locks.take(index, actor)
    } else {
      stand(actor, .takes(lock))
    }
    report?(.holds(actor: actor, lock))
  }

  func releasing(_ lock: LockID, on cpu: CPU) {
    inner?.releasing(lock, on: cpu)
  }

  func released(_ lock: LockID, on cpu: CPU) {
    guard isConducting else { return }
    sanitizer?.pause()
    defer { sanitizer?.resume() }
    let actor = current
    if locksLock { blocked &= ~locks.release(locks.index(of: lock)) }
    report?(.lets(actor: actor, lock))
    pending[actor] = Step(cpu: actor, resource: .none, writes: false)
    stand(actor, .released(lock))
  }

  func reached(_ window: Window, on cpu: CPU) {
    guard isConducting else { return }
    sanitizer?.pause()
    defer { sanitizer?.resume() }
    let (resource, writes) = locks.resource(of: window)
    pending[current] = Step(cpu: current, resource: resource, writes: writes)
    if window == .timerDue { blocked &= ~(active & ~cpus & ~locks.waiting) }
    stand(current, .window(window))
  }

  /// The actor is about to look up, or to name, a range that others name as well.
  func reachedHandle(_ handle: Handle) {
    guard isConducting else { return }
    sanitizer?.pause()
    defer { sanitizer?.resume() }
    pending[current] = Step(cpu: current, resource: locks.resource(of: handle), writes: true)
    stand(current, .handle)
  }

  func observed(_ event: DomainEvent, on cpu: CPU) {
    inner?.observed(event, on: cpu)
    if isConducting { footprint.note(event) }
    if let report { report(.changes(actor: isConducting ? current : cpu.index, event)) }
  }

  func oops(_ oops: Oops, on cpu: CPU) { inner?.oops(oops, on: cpu) }

  // MARK: Actors

  /// Whether the execution is to end: a law is broken, or nobody can go on.
  var isOver: Bool { deadlock != nil || isBroken() }

  /// Has the worker wait until a timer is due; false if none will be.
  func awaitDueTimer(_ machine: Machine) -> Bool {
    sanitizer?.pause()
    defer { sanitizer?.resume() }
    let actor = current
    while !machine.hasDueTimers {
      if active & cpus == 0 || isOver { return false }
      blocked |= 1 << UInt64(actor)
      report?(.rests(actor: actor))
      leave(actor)
    }
    pending[actor] = Step(cpu: actor, resource: locks.timers, writes: true)
    return !isOver
  }

  /// Has a CPU wait until all others are done.
  func awaitOthers() {
    sanitizer?.pause()
    defer { sanitizer?.resume() }
    let bit: UInt64 = 1 << UInt64(current)
    guard active & cpus != bit, !isOver else { return }
    joining = bit
    blocked |= bit
    report?(.rests(actor: current))
    leave(current)
    joining = 0
  }

  /// A switch point at which the actor could go on.
  private func stand(_ actor: Int, _ point: SwitchPoint) {
    steps &+= 1
    // Once a law is broken the rest runs to its end undisturbed.
    guard deadlock == nil, !isPruned, !isBroken() else { return }
    if steps > Self.stepLimit {
      noteEndlessness(actor, point)
      return
    }
    let isWilling = guidance != .script || !reader.isStop(actor, commands[actor], point)
    let other = choose(among: active & ~blocked, isWilling: isWilling)
    if other == actor {
      if let report { report(.passes(actor: actor, point)) }
    } else {
      if let report { report(.stops(actor: actor, point)) }
      switches += 1
      handOver(actor, other)
    }
  }

  /// The actor can't go on: others do, until it can.
  private func leave(_ actor: Int) {
    steps &+= 1
    repeat {
      guard let other = next() else {
        noteDeadlock()
        return
      }
      switches += 1
      handOver(actor, other)
    } while blocked & (1 << UInt64(actor)) != 0 && deadlock == nil
  }

  private func handOver(_ actor: Int, _ other: Int) {
    current = other
    carrier.handOver(from: actor, to: other)
  }

  /// Who goes on when the current actor can't.
  private func next() -> Int? {
    let bits = active & ~blocked
    if bits == 0 { return nil }
    return isOver || isPruned
      ? bits.trailingZeroBitCount : choose(among: bits, isWilling: false)
  }

  private func successor(of actor: Int) -> Int? {
    sanitizer?.pause()
    defer { sanitizer?.resume() }
    active &= ~(1 << UInt64(actor))
    if active == 0 { return nil }
    // Whoever waited for the others looks again, and so does the worker after the last CPU.
    if active & cpus & ~joining == 0 { blocked &= ~joining }
    if active & cpus == 0 { blocked = 0 }
    report?(.rests(actor: actor))
    guard let other = next() else {
      noteDeadlock()
      current = active.trailingZeroBitCount
      return current
    }
    current = other
    return other
  }

  // MARK: Decisions

  /// Decides among several actors; `isWilling` is whether the current one may go on.
  private func choose(among bits: UInt64, isWilling: Bool) -> Int {
    if isPolicyAsked { policy.ran(footprint.step(isHeld: isLockHeld(by: footprint.actor))) }
    let actor = decide(among: bits, isWilling)
    footprint = Footprint(pending[actor], isLock: locks.isLock(pending[actor].resource))
    if isTracing { trace.append(cpu: actor, command: commands[actor]) }
    return actor
  }

  private func decide(among bits: UInt64, _ isWilling: Bool) -> Int {
    let count = bits.nonzeroBitCount
    switch guidance {
    case .script:
      return reader.next(among: bits, active: active, after: current, isWilling: isWilling)
    case .policy: return ask(among: bits)
    case .choices:
      if count == 1 {
        // An enumeration must see every step to know which orders differ.
        if isPolicyAsked, policy.policy == .exhaustive { return ask(among: bits) }
        return bits.trailingZeroBitCount
      }
      let mine: UInt64 = bits & (1 << UInt64(current))
      let pick = source.choose(upTo: UInt64(count - 1)) { random in
        if !isPolicyAsked { policySeed = Seed(random.next()) }
        return ActorChoice.number(of: ask(among: bits), among: bits, mine)
      }
      return ActorChoice.actor(Int(pick), among: bits, mine)
    }
  }

  /// Has the policy choose.
  private func ask(among bits: UInt64) -> Int {
    if !isPolicyAsked {
      isPolicyAsked = true
      policySource.reset(seed: policySeed)
      policy.begin(plan, drawing: &policySource)
    }
    let steps = Span(_unsafeStart: pending, count: plan.cpus)
    let actor = policy.next(
      of: CPUSet(bits: bits), after: current, pending: steps, drawing: &policySource)
    if let actor { return actor }
    isPruned = true
    return bits.trailingZeroBitCount
  }

  // MARK: Waiting for each other

  /// Whether the lock that the present step took was not released in it.
  private func isLockHeld(by actor: Int) -> Bool {
    locks.isTaken(footprint.announced.resource, by: actor)
  }

  /// The name of an actor, as it is printed.
  private func name(_ actor: Int) -> String {
    cpus & (1 << UInt64(actor)) != 0 ? "\(CPU(actor))" : "worker"
  }

  /// Says who waits for whom; from then on nobody waits any more, so that the execution ends.
  private func noteDeadlock() {
    guard deadlock == nil else { return }
    let waits = actors(in: active).map { actor in
      if let (lock, owner) = locks.wait(of: actor) {
        return "\(name(actor)) waits for \(lock), which \(owner.map(name) ?? "nobody") holds"
      }
      let isCPU = cpus & (1 << UInt64(actor)) != 0
      return "\(name(actor)) waits for \(isCPU ? "all others to end" : "a timer to be due")"
    }
    end(waits.joined(separator: "; "))
    if isPolicyAsked {
      policy.deadlocked(pending: Span(_unsafeStart: pending, count: plan.cpus))
    }
  }

  /// Says who does not come to an end, and where one of them stands.
  private func noteEndlessness(_ actor: Int, _ point: SwitchPoint) {
    let names = actors(in: active & cpus).map(name).joined(separator: ", ")
    end("no end after \(Self.stepLimit) steps of \(names): \(name(actor)) \(point.phrase) again")
  }

  private func end(_ evidence: String) {
    deadlock = evidence
    report?(.isStuck)
    blocked = 0
  }

  private func actors(in bits: UInt64) -> [Int] {
    (0..<plan.cpus).filter { bits & (1 << UInt64($0)) != 0 }
  }
}
