import IOVA

/// Runs programs with their CPUs interleaved by choice: the same choices give the same execution.
///
/// One CPU runs at a time, and the worker that trims depots is one more actor once a timer is due.
/// Every switch is drawn from the choice source that drew the program, follows a schedule, or is a
/// policy's. So a failure repeats, and shrinks together with its schedule.
public final class ControlledRun {
  public let cpus: Int
  public let judge: Judge
  /// Commands, switches and steps of all executions so far.
  public private(set) var commandCount: UInt64 = 0
  public private(set) var switchCount: UInt64 = 0
  public private(set) var stepCount: UInt64 = 0
  /// Switches of the last execution.
  public private(set) var lastSwitches = 0
  /// The policy that made the choices of the last execution, as a report names it.
  public var lastFinder: String { conductor.isPolicyAsked ? conductor.policy.finder : "replay" }
  /// Whether the last execution was given up, since all that could follow was seen before.
  public var wasPruned: Bool { conductor.isPruned }
  /// The canary: whether locks keep others out.
  public var locksLock = true
  /// What makes the choices that are fresh.
  public var policy: Portfolio {
    get { conductor.policy }
    set { conductor.policy = newValue }
  }

  let conductor: Conductor
  private let handles = HandleTable()

  /// - Parameter carrier: what carries the CPUs; all give the same executions.
  package init(cpus: Int, _ judge: Judge, carrier: CarrierKind) {
    self.cpus = cpus
    self.judge = judge
    conductor = Conductor(carrier.carrier(cpus: cpus + 1), cpus: cpus, judge: judge)
  }

  /// Runs programs of so many CPUs on the fastest carrier there is.
  public convenience init(cpus: Int, _ judge: Judge) {
    self.init(cpus: cpus, judge, carrier: ControlledRun.fastestCarrier)
  }

  /// The law that the conductor itself judges: no CPUs wait for each other's locks.
  public static let deadlockLaw = "nobodyWaitsForever"

  /// The carriers that can be used here.
  ///
  /// Under ThreadSanitizer coroutines are announced without ordering, and a machine whose locks
  /// lock nothing gives none: only threads that hand over a baton are ordered.
  package static let carriers: [CarrierKind] =
    ThreadSanitizer.ofThisProcess == nil ? CarrierKind.available : [.dispatch]

  private static let fastestCarrier = carriers.last ?? .dispatch

  // MARK: Four ways to decide

  /// Runs a program to its end, to teardown, or to the first broken law.
  ///
  /// - Parameter source: decides at every switch point, after whatever it decided before.
  public func run(_ program: Program, _ source: inout ChoiceSource) -> Finding? {
    conductor.guidance = .choices
    swap(&conductor.source, &source)
    defer { swap(&conductor.source, &source) }
    return execute(program)
  }

  /// Runs a program under the policy, whose choices are drawn from a seed and not recorded.
  public func explore(_ program: Program, _ seed: Seed) -> Finding? {
    conductor.guidance = .policy
    conductor.policySeed = seed
    return execute(program)
  }

  /// Runs a program under a schedule, as far as that fits.
  public func replay(_ program: Program, _ schedule: Schedule) -> Finding? {
    conductor.guidance = .policy
    let policy = conductor.policy
    defer { conductor.policy = policy }
    conductor.policy = Portfolio(only: .replay, replaying: schedule)
    return execute(program)
  }

  /// Runs a program under a schedule in words, as far as that fits.
  ///
  /// - Returns: what broke, and whether every turn was as it is written.
  public func replay(_ program: Program, _ script: Script) -> (finding: Finding?, isExact: Bool) {
    conductor.guidance = .script
    conductor.reader = ScriptReader(script, texts: ControlledRun.texts(of: program))
    let finding = execute(program)
    return (finding, conductor.reader.isExact)
  }

  /// Runs `body`, and notes who took each step in which command.
  public func tracing(_ body: () -> Finding?) -> (finding: Finding?, trace: JointTrace) {
    conductor.isTracing = true
    defer { conductor.isTracing = false }
    let finding = body()
    return (finding, conductor.trace)
  }

  /// The choices under which a program runs as it does under a schedule; one execution.
  public func choices(_ program: Program, _ schedule: Schedule) -> [UInt64] {
    _ = tracing { replay(program, schedule) }
    return conductor.made
  }

  /// Where the last execution stood when a law was first seen broken.
  var breach: Breach? { conductor.breach }
  /// By step of the last trace, the point from which the actor went on.
  var origins: [SwitchPoint?] { conductor.origins }

  /// By actor, its commands as they are printed; the worker's is a timer each time.
  static func texts(of program: Program) -> [[String]] {
    var texts = Array(repeating: [String](), count: program.settings.cpus + 1)
    for command in program.commands.dropFirst(program.prefixCount) {
      texts[command.cpu.index].append("\(command)")
    }
    return texts
  }

  // MARK: An execution

  private func execute(_ program: Program) -> Finding? {
    let count = program.settings.cpus
    precondition(count <= cpus, "the carrier has too few CPUs for the program")
    defer { judge.resets() }
    let machine = Machine(
      cpus: count, clock: .conducted, locking: .nothing, supervisor: conductor)
    guard let domain = SequentialRun.makeDomain(program.settings, on: machine) else { return nil }
    judge.opens(domain)
    handles.reset(count: program.handleCount)
    let interpreter = Interpreter(domain: domain, handles: handles, judge: judge, program: program)
    for command in program.commands.prefix(program.prefixCount) {
      interpret(command, interpreter, nil)
    }
    let lanes = ProgramLanes(program)
    let endsBusy = program.settings.endsBusy
    var remains: IOVADomain.Remains?
    conductor.locksLock = locksLock
    conductor.conduct(lanes.plan, cpus: count) { [self] actor in
      if actor == count {
        work(machine)
      } else {
        runLane(lanes, actor, interpreter)
        if actor == 0, endsBusy { remains = end(domain) }
      }
    }
    lastSwitches = conductor.switches
    switchCount &+= UInt64(conductor.switches)
    stepCount &+= UInt64(conductor.steps)
    if let deadlock = conductor.deadlock {
      if remains == nil { _ = domain.teardown(on: CPU(0)) }
      return Finding(law: ControlledRun.deadlockLaw, evidence: deadlock)
    }
    if remains == nil, !judge.isBroken(), !wasPruned {
      record?.isEnding = true
      interpreter.finish { record?.end($0) }
    }
    judge.closes(remains ?? domain.teardown(on: CPU(0)))
    return wasPruned ? nil : judge.finding()
  }

  private func runLane(_ lanes: ProgramLanes, _ actor: Int, _ interpreter: Interpreter) {
    for (number, command) in lanes.commands[actor].enumerated() {
      if conductor.isOver { return }
      conductor.commands[actor] = number
      if lanes.hasSharedHandles, let handle = command.handles.first, lanes.shared.contains(handle) {
        conductor.reachedHandle(handle)
      }
      interpret(command, interpreter, record)
    }
  }

  /// Ends a domain while its workers are due.
  private func end(_ domain: IOVADomain) -> IOVADomain.Remains? {
    if conductor.isOver { return nil }
    // Waiting belongs to what it is for, whichever command comes before.
    conductor.commands[0] += 1
    conductor.awaitOthers()
    if conductor.isOver { return nil }
    record?.begin("teardown", on: 0)
    domain.machine.advance(by: 100, on: CPU(0))
    if conductor.isOver { return nil }
    return domain.teardown(on: CPU(0))
  }

  /// What the worker does: runs what is due, until nothing will be.
  private func work(_ machine: Machine) {
    let actor = conductor.current
    while conductor.awaitDueTimer(machine) {
      conductor.commands[actor] += 1
      record?.begin("a timer", on: actor)
      machine.runDueTimer(on: CPU(0).asWorker)
    }
  }

  private func interpret(
    _ command: Command, _ interpreter: Interpreter, _ record: ControlledRecord?
  ) {
    record?.begin(command)
    let answer = interpreter.run(command)
    record?.end(command, answer)
    if answer != .skipped { commandCount &+= 1 }
  }

  // MARK: In words

  private var record: ControlledRecord?

  /// Runs `body`, and says what happened, row by row, and the schedule in words.
  public func describing(
    _ program: Program, _ body: () -> Finding?
  ) -> (rows: [ControlledRow], script: Script, finding: Finding?) {
    let record = ControlledRecord(program)
    self.record = record
    conductor.report = { [conductor] in record.note($0, conductor.commands) }
    defer {
      self.record = nil
      conductor.report = nil
    }
    let finding = body()
    return (record.rows, record.recorder.script, finding)
  }
}
