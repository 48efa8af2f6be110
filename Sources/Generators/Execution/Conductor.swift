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
final class Conductor: SupervisorPort, @unchecked Sendable {
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
  @exclusivity(unchecked) private(set) var trace = StepTrace()
  @exclusivity(unchecked) var report: ((Event) -> Void)?
  /// Windows that are no switch points in the next execution.
  @exclusivity(unchecked) var idleWindows = WindowSet()
  /// What is announced with a switch point before it.
  @exclusivity(unchecked) var exposed = ExposedEvents(.none)

  /// How often another actor went on.
  @exclusivity(unchecked) private(set) var switches = 0
  /// Switch points passed.
  @exclusivity(unchecked) private(set) var steps = 0
  /// The actors that wait for each other; nil unless that happened.
  @exclusivity(unchecked) var deadlock: String?
  /// Where a law was first seen broken; nil if none was, or only when nobody ran any more.
  @exclusivity(unchecked) var breach: Breach?
  /// Whether the policy began this execution.
  @exclusivity(unchecked) private(set) var isPolicyAsked = false
  /// Whether all that could follow was seen before: the rest counts for nothing.
  @exclusivity(unchecked) private(set) var isPruned = false
  /// By actor, the number of the command that it runs.
  let commands: UnsafeMutablePointer<Int>
  @exclusivity(unchecked) private(set) var current = 0

  /// Told not to watch what conducts: its state is shared by all actors and kept whole by there
  /// being only one that runs.
  let sanitizer = ThreadSanitizer.ofThisProcess
  let isSanitized = ThreadSanitizer.ofThisProcess != nil
  /// The laws.
  let inner: SupervisorPort?
  private let carrier: any Carrier
  /// The carrier, if it is one whose hand-overs cost less than to find out what it is.
  private let fibers: Unmanaged<FiberCarrier>?
  private let judge: Judge
  /// The machine that is conducted, if its events need not pass by here; whoever sets it keeps it.
  @exclusivity(unchecked) var machine: Unmanaged<Machine>?
  /// Whether a lock keeps others out; the canary says no.
  @exclusivity(unchecked) var locksLock = true

  @exclusivity(unchecked) private var policySource = ChoiceSource.unrecorded
  @exclusivity(unchecked) private(set) var plan = ExecutionPlan(steps: [])
  @exclusivity(unchecked) var actorCount = 0
  @exclusivity(unchecked) var isConducting = false
  // Sets of actors, a bit each.
  @exclusivity(unchecked) var active: UInt64 = 0
  @exclusivity(unchecked) var blocked: UInt64 = 0
  @exclusivity(unchecked) var cpus: UInt64 = 0
  @exclusivity(unchecked) var joining: UInt64 = 0
  let locks: LockTable
  /// What the present step has done so far.
  @exclusivity(unchecked) var footprint = Footprint(
    Step(cpu: 0, resource: .none, writes: false), isLock: false)
  /// Whether the policy wants to know what steps did; most don't.
  @exclusivity(unchecked) var notesEvents = false
  /// Whether the policy alone decides and nobody wants to know more than where CPUs stand.
  @exclusivity(unchecked) var isPlain = false
  /// By actor, the step it takes next, as far as that is known.
  let pending: UnsafeMutablePointer<Step>

  init(_ carrier: any Carrier, cpus: Int, judge: Judge) {
    self.carrier = carrier
    fibers = (carrier as? FiberCarrier).map { .passUnretained($0) }
    inner = judge.supervisor.map { SupervisorPort.port(of: $0) }
    self.judge = judge
    locks = LockTable(cpus: cpus)
    pending = .allocate(capacity: cpus + 1)
    pending.initialize(
      repeating: Step(cpu: 0, resource: .none, writes: false), count: cpus + 1)
    commands = .allocate(capacity: cpus + 1)
    commands.initialize(repeating: 0, count: cpus + 1)
  }

  deinit {
    pending.deallocate()
    commands.deallocate()
  }

  /// What actors do, to be conducted as often as one likes while the conductor lives.
  func bodies(_ body: @escaping (_ actor: Int) -> Void) -> CarriedBodies {
    let me = Unmanaged.passUnretained(self)
    return CarriedBodies(
      body: body,
      successor: { actor in me._withUnsafeGuaranteedRef { $0.successor(of: actor) } })
  }

  /// Runs one body an actor, to the end of all; outside of this nobody is conducted.
  ///
  /// - Parameter plan: how many steps each actor takes, about.
  /// - Parameter cpus: how many of them are CPUs; one more is the worker.
  /// - Parameter bodies: kept by the caller for as long as this runs.
  func conduct(_ plan: ExecutionPlan, cpus count: Int, _ bodies: CarriedBodies) {
    let actors = plan.cpus
    actorCount = actors
    if plan != self.plan { self.plan = plan }
    isPolicyAsked = false
    notesEvents = false
    isPlain = false
    isPruned = false
    switches = 0
    steps = 0
    deadlock = nil
    breach = nil
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
    if isTracing { trace.begin(actors: actors) }
    current = choose(among: active & ~blocked, isWilling: true)
    carrier.run(actors, first: current, bodies)
    isConducting = false
    isPlain = false
    tellListener(false)
    if isPolicyAsked {
      policy.ran(notesEvents ? footprint.step(isHeld: false) : stepTaken)
      notesEvents = false
    }
  }

  // MARK: Supervisor

  override func acquiring(_ lock: LockID, on cpu: CPU) {
    inner?.acquiring(lock, on: cpu)
    guard isConducting else { return }
    pauseWatch()
    defer { resumeWatch() }
    let actor = current
    let index = locks.index(of: lock)
    pending[actor] = Step(cpu: actor, resource: Resource(UInt32(index)), writes: true)
    if locksLock {
      locks.want(index, actor)
      if locks.isTaken(index) {
        blocked |= 1 << UInt64(actor)
        if isTracing { trace.stands(actor, .takes(lock)) }
        noteBreach(actor, .takes(lock))
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

  override func releasing(_ lock: LockID, on cpu: CPU) { inner?.releasing(lock, on: cpu) }

  override func observed(_ event: DomainEvent, on cpu: CPU) { heard(event, on: cpu) }

  override func oops(_ oops: Oops, on cpu: CPU) { inner?.oops(oops, on: cpu) }

  override func released(_ lock: LockID, on cpu: CPU) {
    guard isConducting else { return }
    pauseWatch()
    defer { resumeWatch() }
    let actor = current
    if locksLock { blocked &= ~locks.release(locks.index(of: lock)) }
    report?(.lets(actor: actor, lock))
    pending[actor] = Step(cpu: actor, resource: .none, writes: false)
    stand(actor, .released(lock))
  }

  override func reached(_ window: Window, on cpu: CPU) {
    guard isConducting, !idleWindows.contains(window) else { return }
    pauseWatch()
    defer { resumeWatch() }
    let (resource, writes) = locks.resource(of: window)
    pending[current] = Step(cpu: current, resource: resource, writes: writes)
    // A worker that waits for a lock goes on waiting for it.
    if window == .timerDue { blocked &= ~(active & ~cpus & ~locks.waiting) }
    stand(current, .window(window))
  }

  /// The actor is about to look up, or to name, a range that others name as well.
  func reachedHandle(_ handle: Handle) {
    guard isConducting else { return }
    pauseWatch()
    defer { resumeWatch() }
    pending[current] = Step(cpu: current, resource: locks.resource(of: handle), writes: true)
    stand(current, .handle)
  }

  // MARK: Actors

  /// Whether a law is broken.
  @inline(__always)
  var isBroken: Bool { judge.isBrokenNow }

  /// Whether the execution is to end: a law is broken, or nobody can go on.
  var isOver: Bool { deadlock != nil || isBroken }

  /// A switch point at which the actor could go on.
  @inline(__always)
  func stand(_ actor: Int, _ point: @autoclosure () -> SwitchPoint) {
    steps &+= 1
    guard isPlain, !isBroken, steps <= Self.stepLimit else { return decide(actor, at: point()) }
    let other = goOn()
    if other == actor { return }
    switches &+= 1
    handOver(actor, other)
  }

  /// What a switch point takes where more is wanted than the policy's word.
  @inline(never)
  private func decide(_ actor: Int, at point: SwitchPoint) {
    if isTracing { trace.stands(actor, point) }
    // Once a law is broken the rest runs to its end undisturbed.
    guard deadlock == nil, !isPruned, !isBroken else { return noteBreach(actor, point) }
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

  /// Has the policy choose, where nothing else is to be done.
  @inline(never)
  private func goOn() -> Int {
    let bits = active & ~blocked
    let step = notesEvents ? stepTaken : Step(cpu: current, resource: .none, writes: false)
    let actor = policy.next(
      having: step, of: CPUSet(bits: bits), after: current,
      pending: Span(_unsafeStart: pending, count: actorCount), drawing: &policySource)
    if let actor {
      if notesEvents { beginFootprint(of: actor) }
      return actor
    }
    isPruned = true
    isPlain = false
    return bits.trailingZeroBitCount
  }

  /// The actor can't go on: others do, until it can.
  func leave(_ actor: Int) {
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

  @inline(__always)
  private func handOver(_ actor: Int, _ other: Int) {
    current = other
    guard let fibers else { return carrier.handOver(from: actor, to: other) }
    fibers._withUnsafeGuaranteedRef { $0.handOver(from: actor, to: other) }
  }

  /// Who goes on when the current actor can't.
  private func next() -> Int? {
    let bits = active & ~blocked
    if bits == 0 { return nil }
    return isOver || isPruned
      ? bits.trailingZeroBitCount : choose(among: bits, isWilling: false)
  }

  private func successor(of actor: Int) -> Int? {
    pauseWatch()
    defer { resumeWatch() }
    noteBreach(actor, nil)
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
  @inline(__always)
  private func choose(among bits: UInt64, isWilling: Bool) -> Int {
    let step = isPolicyAsked ? stepTaken : nil
    let before = current
    let actor: Int
    if guidance == .policy, step != nil {
      actor = ask(among: bits, after: step)
    } else {
      if let step { policy.ran(step) }
      actor = decide(among: bits, isWilling)
    }
    if notesEvents { beginFootprint(of: actor) }
    if isTracing { trace.append(actor, commands[actor], after: before, among: bits) }
    return actor
  }

  @inline(__always)
  private func beginFootprint(of actor: Int) {
    footprint = Footprint(pending[actor], isLock: locks.isLock(pending[actor].resource))
  }

  private func tellListener(_ isTold: Bool) {
    machine?._withUnsafeGuaranteedRef { $0.tellsListener = isTold }
  }

  /// The step that ended here, as the policy wants to know it.
  @inline(__always)
  private var stepTaken: Step {
    notesEvents
      ? footprint.step(isHeld: locks.isTaken(footprint.announced.resource, by: footprint.actor))
      : Step(cpu: current, resource: .none, writes: false)
  }

  private func decide(among bits: UInt64, _ isWilling: Bool) -> Int {
    switch guidance {
    case .script:
      return reader.next(among: bits, active: active, after: current, isWilling: isWilling)
    case .policy: return ask(among: bits)
    case .choices:
      guard CPUSet(bits: bits).hasSeveral else {
        // An enumeration must see every step to know which orders differ.
        if isPolicyAsked, policy.policy == .exhaustive { return ask(among: bits) }
        return bits.trailingZeroBitCount
      }
      let mine: UInt64 = bits & (1 << UInt64(current))
      let highest = UInt64(bits.nonzeroBitCount - 1)
      let pick = source.choose(upTo: highest) { random in
        if !isPolicyAsked { policySeed = Seed(random.next()) }
        return ActorChoice.number(of: ask(among: bits), among: bits, mine)
      }
      return ActorChoice.actor(Int(pick), among: bits, mine)
    }
  }

  /// Has the policy choose, after the step that it has not been told of yet.
  @inline(__always)
  private func ask(among bits: UInt64, after step: Step? = nil) -> Int {
    if !isPolicyAsked {
      isPolicyAsked = true
      policySource.reset(seed: policySeed)
      policy.begin(plan, drawing: &policySource)
      notesEvents = policy.policy.wantsFootprints
      isPlain = report == nil && guidance == .policy && !isTracing
      if !isSanitized { tellListener(report == nil && !notesEvents && exposed.isEmpty) }
    }
    let steps = Span(_unsafeStart: pending, count: actorCount)
    let actor = policy.next(
      having: step, of: CPUSet(bits: bits), after: current, pending: steps,
      drawing: &policySource)
    if let actor { return actor }
    isPruned = true
    isPlain = false
    return bits.trailingZeroBitCount
  }
}
