import IOVA

/// Runs programs of calls on a system under test, with their threads interleaved.
///
/// A system is made anew for each execution; nothing else is. Belongs to one thread.
final class StageRun: Runner {
  let subject: Subject
  let names: StageNames
  private let stage: ConductedStage
  /// Whether each actor is carried by a thread of its own, which has to be put on the stage.
  private let hasThreads: Bool
  private let makeCarrier: () -> any Carrier
  let state: BrokenLaw

  /// The program that runs, and where its calls have their slots.
  @exclusivity(unchecked) private(set) var program = CallProgram()
  @exclusivity(unchecked) private(set) var lanes: [[Call]] = []
  @exclusivity(unchecked) private(set) var initial: [Call] = []
  /// By number, those of the initial part first.
  @exclusivity(unchecked) private(set) var calls: [Call] = []
  @exclusivity(unchecked) private var plan = ExecutionPlan(steps: [])
  @exclusivity(unchecked) var history = CallHistory()
  @exclusivity(unchecked) private var bodies: CarriedBodies?
  @exclusivity(unchecked) private var alone: CarriedBodies?
  /// What runs alone, on a stage where nobody is conducted, and whether it came to its end.
  @exclusivity(unchecked) private var task = Task.start
  @exclusivity(unchecked) private(set) var wasCutShort = false
  /// About how many steps a call takes, and whether the present program has shown that.
  @exclusivity(unchecked) private var stepsOfCall = 3
  @exclusivity(unchecked) private var isPlanned = false
  @exclusivity(unchecked) private var isPlanStale = false

  /// A call with the slot of its input.
  struct Call {
    let kind: CallKind
    let slot: Int
    let number: Int

    var text: String { kind.text(slot) }
    /// The part of the system that it is about, if the system has parts.
    var part: AnyHashable? { kind.part?(slot) }
  }

  /// What is done alone.
  enum Task {
    /// The system is made, and the initial part called.
    case start
    /// Invariants are judged when nobody runs.
    case rest
    /// The model is called in an order.
    case order
  }

  @exclusivity(unchecked) var question = ModelQuestion()
  /// Whether it could not be decided if the answers of the present execution are right.
  @exclusivity(unchecked) var isUndecided = false

  init(_ subject: Subject, threads: Int, carrier: CarrierKind) {
    let (names, state) = (StageNames(), BrokenLaw())
    (self.subject, self.names, self.state) = (subject, names, state)
    let conductor = Conductor(
      carrier.carrier(giveable: threads + 1), actors: threads + 1, locks: 0, names,
      BreachWatch(state.word, asking: { state.finding != nil }))
    conductor.givesUp = true
    conductor.stepLimit = subject.stepLimit
    conductor.ordersCalls = subject.judges
    hasThreads = !(conductor.carrier is FiberCarrier)
    stage = ConductedStage(conductor, names, threads: threads)
    makeCarrier = { carrier.carrier(giveable: threads + 1) }
    super.init(conductor)
    let me = Unmanaged.passUnretained(self)
    bodies = conductor.bodies { actor in me._withUnsafeGuaranteedRef { $0.runLane(actor) } }
    alone = CarriedBodies(
      body: { _ in me._withUnsafeGuaranteedRef { $0.runTask() } }, successor: { _ in nil })
    if subject.invariants.contains(where: { $0.lock != nil }) {
      stage.released = { lock in me._withUnsafeGuaranteedRef { $0.released(lock) } }
    }
    stage.restedAlone = { me._withUnsafeGuaranteedRef { $0.giveUpAlone() } }
  }

  /// What is said of the execution if it crashes or gets nowhere.
  var describe: (() -> String)? {
    get { stage.describe }
    set { stage.describe = newValue }
  }

  /// By thread, the call that it is in; nil if it has none.
  var present: [String?] {
    lanes.indices.map { lane in
      let number = conductor.commands[lane]
      guard lanes[lane].indices.contains(number) else { return nil }
      let call = lanes[lane][number]
      return history.ends[call.number] == 0 && history.begins[call.number] != 0 ? call.text : nil
    }
  }

  /// Whether threads took turns at the end of the last execution, whatever a policy said.
  var hasTakenTurns: Bool { conductor.steps > conductor.fairAfter }

  /// Locks that threads took in more than one order in the last execution, so that they could wait
  /// for each other; nil if there are none.
  var inversion: String? {
    stage.lockOrder.inversion?.map { taking in
      let held = (0..<64).filter { taking.held & (1 << UInt64($0)) != 0 }
      return "\(names.actor(taking.actor)) takes \(names.name(.lock(taking.lock))) while it holds "
        + held.map { names.name(.lock($0)) }.joined(separator: " and ")
    }.joined(separator: "; ")
  }

  /// Whether any primitive on the stage was reached by a thread in the last execution.
  var hasReachedStage: Bool { stage.hasBeenReached }

  // MARK: Getting ready

  /// Draws the inputs of a program.
  ///
  /// - Throws: `GaveUp` if a generator does.
  func prepare(_ program: CallProgram) throws {
    for kind in subject.kinds { kind.clear() }
    var source = ChoiceSource(seed: Seed(0))
    if let setting = subject.setting {
      source.reset(replaying: ChoiceSequence(values: program.setting))
      try setting.draw(&source)
    }
    self.program = program
    var counts = Array(repeating: 0, count: subject.kinds.count)
    calls.removeAll(keepingCapacity: true)
    func ready(_ drawn: DrawnCall) throws -> Call {
      let kind = subject.kinds[drawn.operation]
      source.reset(replaying: ChoiceSequence(values: drawn.choices))
      try kind.draw(&source)
      let call = Call(kind: kind, slot: counts[drawn.operation], number: calls.count)
      calls.append(call)
      counts[drawn.operation] += 1
      return call
    }
    initial = try program.initial.map(ready)
    lanes = try program.lanes.map { try $0.map(ready) }
    names.threads = lanes.count
    history.reserve(calls.count)
    isPlanned = false
    makePlan()
  }

  /// The calls of each thread as they are printed, and those of the one that runs timers.
  override var texts: [[String]] { lanes.map { $0.map(\.text) } + [[]] }

  // MARK: An execution

  override func execute() -> (finding: Finding?, isUndecided: Bool) {
    let reader = conductor.reader
    let ending = executeAsPlanned()
    guard stage.usesTimers, plan.cpus == lanes.count else { return ending }
    // Once more, with a thread for the timers that turned out to be there.
    makePlan()
    conductor.reader = reader
    return executeAsPlanned()
  }

  private func executeAsPlanned() -> (finding: Finding?, isUndecided: Bool) {
    state.forget()
    isUndecided = false
    stage.clear()
    StageWatch.beat()
    history.clear()
    let before = Stage.enter(stage)
    defer { Stage.enter(before) }
    defer { subject.drop() }
    runAlone(.start)
    if wasCutShort {
      return (
        Finding(law: StageLaw.initial, evidence: "the initial part waits for ever"), false
      )
    }
    stage.begin()
    renewCarrier()
    conductor.conduct(plan, cpus: lanes.count, bodies.unsafelyUnwrapped)
    if conductor.isPruned, !conductor.wasGivenUp { return (nil, false) }
    learnPlan(conductor.steps)
    conclude()
    return (state.finding, isUndecided)
  }

  private func conclude() {
    guard state.finding == nil else { return }
    if let deadlock = conductor.deadlock {
      if !mayWait() { state.note(conductor.stuckFinding(deadlock, names)) }
      return
    }
    if let lock = conductor.locks.firstTaken {
      state.note(
        Finding(
          law: StageLaw.locksAreGivenBack,
          evidence: "\(names.name(.lock(lock))) is held though all threads have ended"))
    } else {
      if subject.ordersLocks, let inversion {
        state.note(Finding(law: StageLaw.lockOrder, evidence: inversion))
      }
      if state.finding == nil, !subject.invariants.isEmpty { runAlone(.rest) }
      if state.finding == nil, subject.judges { judgeOrder(history.ended) }
    }
    record?.close("all have ended")
  }

  func judge(_ invariant: Subject.Invariant) {
    if invariant.holds() { return }
    let when = invariant.lock.map { "when \($0) is given back" } ?? "once all threads have ended"
    state.note(Finding(law: invariant.name, evidence: "it does not hold \(when)"))
  }

  /// Invariants that name a lock hold whenever it is free.
  private func released(_ lock: Int) {
    guard state.finding == nil else { return }
    for invariant in subject.invariants where invariant.lock.map({ names.isLock(lock, $0) }) == true
    {
      judge(invariant)
    }
  }

  /// How many steps calls take is known once a program has run.
  private func learnPlan(_ steps: Int) {
    guard !isPlanned else { return }
    isPlanned = true
    // Steps of who spins are none of its calls'.
    if hasTakenTurns { return }
    let count = calls.count - initial.count
    guard count > 0 else { return }
    let known = max(1, (steps + count - 1) / count)
    isPlanStale = known != stepsOfCall
    stepsOfCall = known
  }

  /// Plans by what the last execution showed; not before that may be run once more.
  func renewPlan() { if isPlanStale { makePlan() } }

  private func makePlan() {
    isPlanStale = false
    let steps = lanes.map { $0.count * stepsOfCall }
    plan = ExecutionPlan(steps: stage.usesTimers ? steps + [stepsOfCall] : steps)
    // Whoever spins until another thread has done something is not to spin for long.
    conductor.fairAfter =
      subject.isLockFree ? .max : min(subject.stepLimit / 2, 200 + 20 * plan.total)
  }

  // MARK: Threads

  private func runLane(_ actor: Int) {
    let before = hasThreads ? Stage.enter(stage) : nil
    defer { if hasThreads { Stage.enter(before) } }
    guard actor < lanes.count else { return runTimers(actor) }
    let count = lanes[actor].count
    for number in 0..<count {
      // Others may end before the next call begins.
      if number > 0, subject.judges { stage.standBetweenCalls() }
      if conductor.isOver { return }
      conductor.commands[actor] = number
      let call = lanes[actor][number]
      if let record { record.beginCommand(call.text, on: actor) }
      history.begin(call.number, at: stage.tick())
      stage.note(.begins)
      call.kind.run(call.slot)
      stage.note(.ends)
      history.end(call.number, at: stage.tick(), touch: stage.lastTouch(of: actor))
      if let record { record.end(call.kind.answer(call.slot), on: actor) }
    }
  }

  /// Runs what timers are set to.
  private func runTimers(_ actor: Int) {
    stage.runTimers { timer in
      if let timer {
        conductor.commands[actor] += 1
        record?.begin("\(timer) goes off", on: actor)
      } else {
        record?.end("", on: actor)
      }
    }
  }

  /// Does something on the stage where nobody is conducted; cut short if it would wait for ever.
  func runAlone(_ task: Task) {
    wasCutShort = false
    self.task = task
    renewCarrier()
    conductor.carrier.run(1, first: 0, alone.unsafelyUnwrapped)
  }

  /// Threads that wait for ever are not had back.
  private func renewCarrier() {
    if hasThreads, !conductor.carrier.isUsable { conductor.carrier = makeCarrier() }
  }

  private func runTask() {
    let before = hasThreads ? Stage.enter(stage) : nil
    defer { if hasThreads { Stage.enter(before) } }
    switch task {
    case .start:
      subject.make()
      for call in initial {
        record?.beginCommand(call.text, on: 0)
        call.kind.run(call.slot)
        record?.end(call.kind.answer(call.slot), on: 0)
      }
    case .rest:
      for invariant in subject.invariants where invariant.lock == nil && state.finding == nil {
        judge(invariant)
      }
    case .order: callModel()
    }
  }

  private func giveUpAlone() -> Never {
    wasCutShort = true
    conductor.carrier.abandon(from: 0)
  }
}
