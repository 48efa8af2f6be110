/// Has exactly one actor run at a time, and decides at every switch point which one.
///
/// An actor is a CPU or a thread of the program, or a worker that rests until there is something
/// to do. A switch point is the moment before a lock is taken and the one after it is released, and
/// every place that is said to be one. Who goes on is decided by a policy and recorded as a choice,
/// by the choices of an earlier execution, or by a schedule. Locks need lock nothing, since nobody
/// runs beside the one who runs; an actor that wants a taken lock can't be chosen.
///
/// Locks and all else are numbers here (`Resource`), and what they are called says the lexicon.
///
/// Touched by one actor at a time; the carrier orders them.
final class Conductor: @unchecked Sendable {
  /// More steps than any execution takes that makes progress.
  @exclusivity(unchecked) var stepLimit = 1 << 20
  /// After so many steps actors take turns: whoever spins until another one has done something
  /// comes to an end then, if it ever does.
  @exclusivity(unchecked) var fairAfter = Int.max

  /// Whether it matters which calls had ended before others began, which `part` tells.
  @exclusivity(unchecked) var ordersCalls = false

  /// Where choices come from and go to; lent for one execution.
  @exclusivity(unchecked) var source = ChoiceSource(seed: Seed(0))
  @exclusivity(unchecked) var guidance = Guidance.choices
  @exclusivity(unchecked) var policy = Portfolio(exhaustiveLimit: 0)
  /// What the policy draws from, unless it is asked for choices.
  @exclusivity(unchecked) var policySeed = Seed(0)
  @exclusivity(unchecked) var reader = ScriptReader()
  /// Who took each step in which command, if that is wanted.
  @exclusivity(unchecked) var isTracing = false
  @exclusivity(unchecked) var trace = StepTrace()
  @exclusivity(unchecked) var report: ((Event) -> Void)?
  /// What is printed comes from here.
  @exclusivity(unchecked) var lexicon: any Lexicon
  /// Told whether nobody wants to know more than where actors stand, at the start and at the end of
  /// an execution that a policy decides.
  @exclusivity(unchecked) var becomesPlain: ((Bool) -> Void)?

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
  let commands = PerCPU(0)
  @exclusivity(unchecked) private(set) var current = 0

  /// Told not to watch what conducts: its state is shared by all actors and kept whole by there
  /// being only one that runs.
  let sanitizer = ThreadSanitizer.ofThisProcess
  let isSanitized = ThreadSanitizer.ofThisProcess != nil
  /// Another one of the same kind takes its place if an execution was given up and took it along.
  @exclusivity(unchecked) var carrier: any Carrier
  /// The carrier, if it is one whose hand-overs cost less than to find out what it is.
  private let fibers: Unmanaged<FiberCarrier>?
  private let watch: BreachWatch
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
    Step(cpu: 0, resource: .none, writes: false))
  /// Whether the policy wants to know what steps did; most don't.
  @exclusivity(unchecked) var notesEvents = false
  /// Whether the policy alone decides and nobody wants to know more than where CPUs stand.
  @exclusivity(unchecked) var isPlain = false
  /// By actor, the place it rests at until somebody says that it may look again; -1 for none.
  let resting = PerCPU(-1)
  /// By actor, when it wants to go on; only while any sleep.
  @exclusivity(unchecked) var alarms: [(actor: Int, time: UInt64)] = []
  @exclusivity(unchecked) var time: UInt64 = 0
  /// Whether actors that are stuck are given up: else they go on as if nothing kept them.
  @exclusivity(unchecked) var givesUp = false
  /// Whether the execution was given up.
  @exclusivity(unchecked) var wasGivenUp = false
  /// By actor, the step it takes next, as far as that is known.
  let pending = PerCPU(Step(cpu: 0, resource: .none, writes: false))

  /// - Parameter locks: how many there are from the start.
  /// - Parameter watch: says whether a law is broken.
  init(
    _ carrier: any Carrier, locks: Int, _ lexicon: any Lexicon, _ watch: BreachWatch
  ) {
    self.carrier = carrier
    fibers = (carrier as? FiberCarrier).map { .passUnretained($0) }
    self.lexicon = lexicon
    self.watch = watch
    self.locks = LockTable(count: locks)
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
  /// - Parameter count: how many of them are CPUs; one more is the worker.
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
    wasGivenUp = false
    time = 0
    if !alarms.isEmpty { alarms.removeAll() }
    locks.reset()
    for actor in 0..<actors {
      resting[actor] = -1
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
    becomesPlain?(false)
    if isPolicyAsked, deadlock == nil {
      policy.ran(notesEvents ? footprint.step(isHeld: false) : stepTaken)
    }
    notesEvents = false
  }

  // MARK: Actors

  /// Whether a law is broken.
  @inline(__always)
  var isBroken: Bool { watch.isBroken }

  /// Whether the execution is to end: a law is broken, or nobody can go on.
  var isOver: Bool { deadlock != nil || isBroken }

  /// A switch point at which the actor could go on.
  @inline(__always)
  func stand(_ actor: Int, _ point: @autoclosure () -> SwitchPoint) {
    steps &+= 1
    guard isPlain, !isBroken, steps <= min(stepLimit, fairAfter) else {
      return decide(actor, at: point())
    }
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
    if steps > stepLimit {
      noteEndlessness(actor, point)
      if givesUp { giveUp() }
      return
    }
    let other: Int
    if steps > fairAfter {
      other = CPUSet(bits: active & ~blocked).first(from: actor + 1)
    } else {
      let isWilling = guidance != .script || !reader.isStop(actor, commands[actor], point, lexicon)
      other = choose(among: active & ~blocked, isWilling: isWilling)
    }
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
      pending: Span(_unsafeElements: pending.first(actorCount)), drawing: &policySource)
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
        if givesUp { giveUp() }
        return
      }
      // Whoever slept may be the one that goes on.
      if other == actor { continue }
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
    if active & ~blocked == 0 { wakeSleepers() }
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
      if givesUp { giveUp() }
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
    footprint = Footprint(pending[actor])
  }

  /// The step that ended here, as the policy wants to know it.
  @inline(__always)
  var stepTaken: Step {
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
        if isPolicyAsked, policy.isEnumerating { return ask(among: bits) }
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
      notesEvents = policy.wantsFootprints
      isPlain = report == nil && guidance == .policy && !isTracing
      if !isSanitized { becomesPlain?(report == nil && !notesEvents) }
    }
    let steps = Span(_unsafeElements: pending.first(actorCount))
    // Whoever starts preempts nobody.
    let before = self.steps == 0 && policy.isEnumerating ? nil : current
    let actor = policy.next(
      having: step, of: CPUSet(bits: bits), after: before, pending: steps,
      drawing: &policySource)
    if let actor { return actor }
    isPruned = true
    isPlain = false
    return bits.trailingZeroBitCount
  }
}
