import IOVA

/// What came of one execution on a stage.
struct StageOutcome {
  /// What broke; nil if nothing did.
  var finding: Finding?
  /// The thread and the call at which it broke; nil if that was seen when nobody ran any more.
  var breach: Breach?
  /// Which policy decided, as a report names it.
  var finder = ""
  /// Whether all that could follow was seen before, so that nothing was judged.
  var wasPruned = false
  /// How often another thread went on, and switch points passed.
  var switches = 0
  var steps = 0
  /// Whether it could not be decided whether the answers are right.
  var isUndecided = false
}

/// Runs programs of calls on a system under test, with their threads interleaved.
///
/// A system is made anew for each execution; nothing else is. Belongs to one thread.
final class StageRun<System, Model> {
  let subject: Subject<System, Model>
  let conductor: Conductor
  let names = StageNames()
  private let stage: ConductedStage
  private let state = BrokenLaw()
  private let carrierKind: CarrierKind

  /// The program that runs, and where its calls have their slots.
  @exclusivity(unchecked) private(set) var program = CallProgram()
  @exclusivity(unchecked) private var lanes: [[Call]] = []
  @exclusivity(unchecked) private var initial: [Call] = []
  @exclusivity(unchecked) private var plan = ExecutionPlan(steps: [])
  /// In the order in which calls began and ended.
  @exclusivity(unchecked) private var history = CallHistory()
  @exclusivity(unchecked) private var system: System?
  @exclusivity(unchecked) private var record: ControlledRecord?
  @exclusivity(unchecked) private var bodies: CarriedBodies?
  @exclusivity(unchecked) private var alone: CarriedBodies?
  /// What runs alone, on a stage where nobody is conducted.
  @exclusivity(unchecked) private var task: () -> Void = {}
  @exclusivity(unchecked) private var wasCutShort = false
  /// About how many steps a call takes, and whether the present program has shown that.
  @exclusivity(unchecked) private var stepsOfCall = 3
  @exclusivity(unchecked) private var isPlanned = false

  /// A call with the slot of its input.
  struct Call {
    let kind: OperationKind<System, Model>
    let slot: Int
    let number: Int
  }

  init(_ subject: Subject<System, Model>, threads: Int, carrier: CarrierKind) {
    self.subject = subject
    carrierKind = carrier
    let state = state
    conductor = Conductor(
      carrier.carrier(giveable: threads), actors: threads, locks: 0, names,
      BreachWatch(asking: { state.finding != nil }))
    conductor.givesUp = true
    conductor.stepLimit = subject.stepLimit
    stage = ConductedStage(conductor, names)
    let me = Unmanaged.passUnretained(self)
    bodies = conductor.bodies { actor in me._withUnsafeGuaranteedRef { $0.runLane(actor) } }
    alone = CarriedBodies(
      body: { _ in me._withUnsafeGuaranteedRef { $0.runTask() } }, successor: { _ in nil })
    stage.released = { lock in me._withUnsafeGuaranteedRef { $0.released(lock) } }
    stage.restedAlone = { me._withUnsafeGuaranteedRef { $0.giveUpAlone() } }
  }

  /// Whether it can run on: threads that are stuck for good may have taken its carrier along.
  var isUsable: Bool { conductor.carrier.isUsable }

  /// Whether any primitive on the stage was reached in the last execution.
  var hasReachedStage: Bool { stage.hasBeenReached }

  // MARK: Getting ready

  /// Draws the inputs of a program.
  ///
  /// - Throws: `GaveUp` if a generator does.
  func prepare(_ program: CallProgram) throws {
    for kind in subject.kinds { kind.clear() }
    if let setting = subject.setting {
      var source = ChoiceSource(replaying: ChoiceSequence(values: program.setting))
      try setting.draw(&source)
    }
    self.program = program
    var counts = Array(repeating: 0, count: subject.kinds.count)
    var number = 0
    var source = ChoiceSource(seed: Seed(0))
    func ready(_ call: DrawnCall) throws -> Call {
      let kind = subject.kinds[call.operation]
      source.reset(replaying: ChoiceSequence(values: call.choices))
      try kind.draw(&source)
      defer {
        counts[call.operation] += 1
        number += 1
      }
      return Call(kind: kind, slot: counts[call.operation], number: number)
    }
    initial = try program.initial.map(ready)
    lanes = try program.lanes.map { try $0.map(ready) }
    history.reserve(number)
    isPlanned = false
    plan = ExecutionPlan(steps: lanes.map { $0.count * stepsOfCall })
  }

  /// The calls of a lane as they are printed.
  var texts: [[String]] { lanes.map { $0.map { $0.kind.text($0.slot) } } }

  // MARK: An execution

  /// Runs the program once, as the conductor is told to decide.
  func execute() -> StageOutcome {
    state.finding = nil
    stage.clear()
    history.clear()
    let before = Stage.enter(stage)
    defer { Stage.enter(before) }
    runAlone { [self] in
      system = subject.make()
      for call in initial {
        record?.beginCommand(call.kind.text(call.slot), on: 0)
        call.kind.run(system.unsafelyUnwrapped, call.slot)
        record?.end(call.kind.answer(call.slot), on: 0)
      }
    }
    if wasCutShort {
      system = nil
      return StageOutcome(
        finding: Finding(law: StageLaw.initial, evidence: "the initial part waits for ever"))
    }
    stage.begin()
    conductor.conduct(plan, cpus: lanes.count, bodies.unsafelyUnwrapped)
    var outcome = StageOutcome(
      breach: conductor.breach, finder: conductor.finder, wasPruned: conductor.isPruned,
      switches: conductor.switches, steps: conductor.steps)
    if conductor.isPruned, !conductor.wasGivenUp {
      system = nil
      return outcome
    }
    learnPlan(conductor.steps)
    conclude(&outcome)
    outcome.finding = state.finding
    return outcome
  }

  private func conclude(_ outcome: inout StageOutcome) {
    let system = system.unsafelyUnwrapped
    self.system = nil
    if let deadlock = conductor.deadlock {
      state.finding = conductor.stuckFinding(deadlock)
      return
    }
    guard state.finding == nil else { return }
    if let lock = conductor.locks.firstTaken {
      state.finding = Finding(
        law: StageLaw.locksAreGivenBack,
        evidence: "\(names.name(.lock(lock))) is held though all threads have ended")
      record?.settle()
      return
    }
    runAlone { [self] in judgeAtRest(system) }
    if state.finding == nil {
      switch subject.judges ? judgeOrder() : .right {
      case .right: break
      case .undecided: outcome.isUndecided = true
      case .wrong(let evidence):
        state.finding = Finding(law: StageLaw.linearisable, evidence: evidence)
      }
    }
    record?.close()
  }

  private func judgeAtRest(_ system: System) {
    for invariant in subject.invariants where invariant.lock == nil && state.finding == nil {
      judge(invariant, system)
    }
  }

  private func judge(_ invariant: Subject<System, Model>.Invariant, _ system: System) {
    if invariant.holds(system) { return }
    state.finding = Finding(law: invariant.name, evidence: invariant.evidence)
  }

  /// Invariants that name a lock hold whenever it is free.
  private func released(_ lock: Int) {
    guard let system, state.finding == nil else { return }
    for invariant in subject.invariants where invariant.lock.map({ names.isLock(lock, $0) }) == true
    {
      judge(invariant, system)
    }
  }

  // MARK: Threads

  private func runLane(_ actor: Int) {
    let before = Stage.enter(stage)
    defer { Stage.enter(before) }
    guard let system else { return }
    for (number, call) in lanes[actor].enumerated() {
      if conductor.isOver { return }
      conductor.commands[actor] = number
      if let record { record.beginCommand(call.kind.text(call.slot), on: actor) }
      history.begin(call.number)
      call.kind.run(system, call.slot)
      history.end(call.number)
      if let record { record.end(call.kind.answer(call.slot), on: actor) }
    }
  }

  /// Runs something on the stage where nobody is conducted; cut short if it would wait for ever.
  private func runAlone(_ body: @escaping () -> Void) {
    wasCutShort = false
    task = body
    conductor.carrier.run(1, first: 0, alone.unsafelyUnwrapped)
    task = {}
  }

  private func runTask() {
    let before = Stage.enter(stage)
    defer { Stage.enter(before) }
    task()
  }

  private func giveUpAlone() -> Never {
    wasCutShort = true
    conductor.carrier.abandon(from: 0)
  }

  /// How many steps calls take is known once a program has run.
  private func learnPlan(_ steps: Int) {
    guard !isPlanned else { return }
    isPlanned = true
    let calls = lanes.reduce(0) { $0 + $1.count }
    guard calls > 0 else { return }
    stepsOfCall = max(1, (steps + calls - 1) / calls)
    plan = ExecutionPlan(steps: lanes.map { $0.count * stepsOfCall })
  }

  // MARK: Answers

  private enum Verdict {
    case right, undecided
    case wrong(String)
  }

  /// Whether some order of the calls, in which none comes before one that ended before it began,
  /// has the model answer as the system did.
  private func judgeOrder() -> Verdict {
    if agrees(history.ended) { return .right }
    var search = OrderSearch(
      initial: initial, lanes: lanes, history: history, limit: subject.orderLimit)
    let me = self
    switch search.run(agrees: { me.longestAgreement($0) }) {
    case .found: return .right
    case .gaveUp: return .undecided
    case .none: return .wrong(evidence)
    }
  }

  private var evidence: String {
    let answers = lanes.enumerated().flatMap { lane, calls in
      calls.compactMap { call -> String? in
        let answer = call.kind.answer(call.slot)
        return answer.isEmpty ? nil : "\(call.kind.text(call.slot)) → \(answer)"
      }
    }
    let all = answers.isEmpty ? "what the calls did" : answers.joined(separator: ", ")
    return "no order of the calls explains \(all)"
  }

  private func agrees(_ order: [Int]) -> Bool { longestAgreement(order) == order.count }

  /// How many calls of an order the model answers as the system did, from the first on.
  private func longestAgreement(_ order: [Int]) -> Int {
    var agreed = 0
    runAlone { [self] in
      var model = subject.makeModel()
      for call in initial where !call.kind.agrees(&model, call.slot) { return }
      for number in order {
        let call = self.call(number)
        guard call.kind.agrees(&model, call.slot) else { return }
        agreed += 1
      }
    }
    return agreed
  }

  private func call(_ number: Int) -> Call {
    var rest = number - initial.count
    for lane in lanes {
      if rest < lane.count { return lane[rest] }
      rest -= lane.count
    }
    preconditionFailure("no call has the number \(number)")
  }

  // MARK: In words

  /// Runs `body`, and says what happened, row by row, and the schedule in words.
  func describing(_ body: () -> StageOutcome) -> (
    rows: [ControlledRow], script: Script, outcome: StageOutcome
  ) {
    let state = state
    let record = ControlledRecord(
      texts: texts, other: "nothing", isBroken: { state.finding != nil })
    self.record = record
    conductor.report = { [conductor] in record.note($0, conductor.commands, conductor.lexicon) }
    conductor.isTracing = true
    defer {
      self.record = nil
      conductor.report = nil
      conductor.isTracing = false
    }
    let outcome = body()
    return (record.rows, record.recorder.script, outcome)
  }
}

/// What an execution broke, where all that judges finds it.
private final class BrokenLaw: @unchecked Sendable {
  @exclusivity(unchecked) var finding: Finding?
}

/// The names of what the stage itself judges.
enum StageLaw {
  static let linearisable = "the calls have an order"
  static let deadlock = "nobody waits for ever"
  static let lostWakeUp = "nobody misses a signal"
  static let livelock = "all calls come to an end"
  static let locksAreGivenBack = "locks are given back"
  static let initial = "the initial part comes to an end"
}

extension Conductor {
  /// The policy that decided the last execution, as a report names it.
  var finder: String { isPolicyAsked ? policy.finder : "replay" }

  /// What it is called that nobody goes on.
  func stuckFinding(_ evidence: String) -> Finding {
    if steps > stepLimit { return Finding(law: StageLaw.livelock, evidence: evidence) }
    let waitsForSignal = (0..<actorCount).contains { resting[$0] >= 0 }
    return Finding(
      law: waitsForSignal ? StageLaw.lostWakeUp : StageLaw.deadlock, evidence: evidence)
  }
}

extension CarrierKind {
  /// A carrier whose executions can be given up.
  func carrier(giveable cpus: Int) -> any Carrier {
    self == .dispatch
      ? DispatchCarrier(cpus: cpus, carriesFirst: false) : carrier(cpus: cpus)
  }
}
