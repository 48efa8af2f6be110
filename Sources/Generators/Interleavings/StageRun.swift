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
  /// By number: those of the initial part, then those of each thread.
  @exclusivity(unchecked) private(set) var calls: [Call] = []
  /// By thread, the number of its first call; one more entry for the end.
  @exclusivity(unchecked) private var starts = [0]
  /// By kind, how many calls of it have a slot.
  @exclusivity(unchecked) private var counts: [Int]
  @exclusivity(unchecked) private var source = ChoiceSource(seed: Seed(0))
  @exclusivity(unchecked) private var plan = ExecutionPlan(steps: [])
  let history = CallHistory()
  @exclusivity(unchecked) private var bodies: CarriedBodies?
  @exclusivity(unchecked) private var alone: CarriedBodies?
  /// What runs alone, on a stage where nobody is conducted, and whether it came to its end.
  @exclusivity(unchecked) private var task = Task.start
  @exclusivity(unchecked) private(set) var wasCutShort = false
  /// About how many steps a call takes, and whether the present program has shown that.
  @exclusivity(unchecked) private var stepsOfCall = 3
  @exclusivity(unchecked) private var isPlanned = false
  @exclusivity(unchecked) private var isPlanStale = false

  /// A call with the slot of its input. Plain words: the subject keeps its kinds.
  struct Call {
    private let kindOfSubject: Unmanaged<CallKind>
    let slot: Int
    let number: Int

    init(_ kind: CallKind, slot: Int, number: Int) {
      kindOfSubject = .passUnretained(kind)
      self.slot = slot
      self.number = number
    }

    var kind: CallKind { kindOfSubject.takeUnretainedValue() }

    @inline(__always)
    func run() { kindOfSubject._withUnsafeGuaranteedRef { $0.run(slot) } }

    var text: String { kind.text(slot) }
    /// The part of the system that it is about, if the system has parts.
    var part: AnyHashable? { kind.part?(slot) }
  }

  /// Threads of the program.
  private var threads: Int { starts.count - 1 }
  /// The calls of the initial part, and those of each thread.
  var initial: ArraySlice<Call> { calls[..<starts[0]] }
  var lanes: [ArraySlice<Call>] { (0..<threads).map { calls[starts[$0]..<starts[$0 + 1]] } }

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
      carrier.carrier(giveable: threads + 1), locks: 0, names,
      BreachWatch(state.word, asking: { state.finding != nil }))
    conductor.givesUp = true
    conductor.stepLimit = subject.stepLimit
    conductor.ordersCalls = subject.judges
    hasThreads = !(conductor.carrier is FiberCarrier)
    stage = ConductedStage(conductor, names, threads: threads)
    makeCarrier = { carrier.carrier(giveable: threads + 1) }
    unknownLocks = subject.invariants.compactMap(\.lock)
    counts = Array(repeating: 0, count: subject.kinds.count)
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

  /// Names of locks that an invariant names, and that no lock of any execution had.
  @exclusivity(unchecked) private(set) var unknownLocks: [String]

  /// What is said of the execution if it crashes or gets nowhere.
  var describe: (() -> String)? {
    get { stage.describe }
    set { stage.describe = newValue }
  }

  /// By thread, the call that it is in; nil if it has none.
  var present: [String?] {
    lanes.enumerated().map { thread, calls in
      let number = calls.startIndex + conductor.commands[thread]
      guard calls.indices.contains(number), history.hasBegun(number), !history.hasEnded(number)
      else { return nil }
      return calls[number].text
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

  /// Forgets the program, before inputs are drawn anew.
  func forgetCalls() {
    calls.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
  }

  /// Makes a program ready to run, and draws its inputs.
  ///
  /// - Parameter isDrawn: Whether the inputs are in their slots, since they were just drawn.
  /// - Throws: `GaveUp` if a generator does.
  func prepare(_ program: CallProgram, isDrawn: Bool = false) throws {
    forgetCalls()
    if !isDrawn { try drawInputs(of: program) }
    self.program = program
    for number in counts.indices { counts[number] = 0 }
    starts.removeAll(keepingCapacity: true)
    add(program.initial)
    for lane in program.lanes { add(lane) }
    names.threads = threads
    history.reserve(calls.count)
    isPlanned = false
    makePlan()
  }

  private func drawInputs(of program: CallProgram) throws {
    for kind in subject.kinds { kind.clear() }
    if let setting = subject.setting {
      source.reset(replaying: ChoiceSequence(values: program.setting))
      try setting.draw(&source)
    }
    for drawn in program.calls {
      source.reset(replaying: ChoiceSequence(values: drawn.choices))
      try subject.kinds[drawn.operation].draw(&source)
    }
  }

  private func add(_ lane: [DrawnCall]) {
    for drawn in lane {
      let kind = subject.kinds[drawn.operation]
      calls.append(Call(kind, slot: counts[drawn.operation], number: calls.count))
      counts[drawn.operation] += 1
    }
    starts.append(calls.count)
  }

  /// The calls of each thread as they are printed, and those of the one that runs timers.
  override var texts: [[String]] { lanes.map { $0.map(\.text) } + [[]] }

  // MARK: An execution

  override func execute() -> (finding: Finding?, isUndecided: Bool) {
    let reader = conductor.guidance == .script ? conductor.reader : nil
    let ending = executeAsPlanned()
    guard stage.usesTimers, plan.cpus == threads else { return ending }
    // Once more, with a thread for the timers that turned out to be there.
    makePlan()
    if let reader { conductor.reader = reader }
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
    conductor.conduct(plan, cpus: threads, bodies.unsafelyUnwrapped)
    if conductor.isPruned, !conductor.wasGivenUp { return (nil, false) }
    learnPlan(conductor.steps)
    conclude()
    return (state.finding, isUndecided)
  }

  private func conclude() {
    if !unknownLocks.isEmpty { unknownLocks.removeAll(where: names.hasLock) }
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
    let count = calls.count - starts[0]
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
    guard actor < threads else { return runTimers(actor) }
    let first = starts[actor]
    for number in first..<starts[actor + 1] {
      // Others may end before the next call begins.
      if number > first, subject.judges { stage.standBetweenCalls() }
      if conductor.isOver { return }
      conductor.commands[actor] = number - first
      let call = calls[number]
      if let record { record.beginCommand(call.text, on: actor) }
      history.begin(number, at: stage.tick())
      stage.note(.begins)
      call.run()
      stage.note(.ends)
      history.end(number, at: stage.tick(), touch: stage.lastTouch(of: actor))
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
        call.run()
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
