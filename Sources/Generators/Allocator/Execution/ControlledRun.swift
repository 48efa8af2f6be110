import IOVA
import Synchronization

/// Runs programs with their CPUs interleaved by choice: the same choices give the same execution.
///
/// One CPU runs at a time, and the worker is one more actor once a timer is due. Every switch is
/// drawn from the choice source that drew the program, or follows a schedule or a policy. So a
/// failure repeats, and shrinks together with its schedule.
public final class ControlledRun {
  public let cpus: Int
  public let judge: Judge
  /// Commands, switches and steps of all executions so far.
  @exclusivity(unchecked) public private(set) var commandCount: UInt64 = 0
  @exclusivity(unchecked) public private(set) var switchCount: UInt64 = 0
  @exclusivity(unchecked) public private(set) var stepCount: UInt64 = 0
  /// Switches of the last execution.
  @exclusivity(unchecked) public private(set) var lastSwitches = 0
  /// The policy that made the choices of the last execution, as a report names it.
  public var lastFinder: String { conductor.isPolicyAsked ? conductor.policy.finder : "replay" }
  /// How deep PCT looked in the last execution, and in how many steps of how many planned ones; nil
  /// if another policy made its choices.
  public var lastDepth: (depth: Int, steps: Int, planned: Int)? {
    guard conductor.isPolicyAsked, let depth = conductor.policy.depth else { return nil }
    return (depth, conductor.steps, conductor.plan.total)
  }
  /// Whether the policy has tried all orders of the program.
  public var hasTriedAll: Bool { conductor.policy.isComplete }
  /// Whether the last execution was given up, since everything that could follow had been seen
  /// before.
  public var wasPruned: Bool { conductor.isPruned }
  /// The canary: whether locks keep others out.
  @exclusivity(unchecked) public var locksLock = true { didSet { renewShelf() } }
  /// Whether the last program ended before its request that was to be refused.
  public var isRefusalDue: Bool { shelf.isRefusalDue }
  /// Makes the choices that are fresh.
  public var policy: Portfolio {
    get { conductor.policy }
    set { conductor.policy = newValue }
  }

  /// The most CPUs of a program: they, the worker and one more fit in a word.
  public static let mostCPUs = 62
  /// Wraps the supervisor between machine and conductor: how tests change the system under test.
  package var between: ((any Supervisor) -> any Supervisor)? {
    didSet { renewShelf() }
  }

  let conductor: Conductor
  private let conducted: ConductedMachine
  private let handles = HandleTable(isShared: !ControlledRun.takesTurns)

  /// - Parameter carrier: what carries the CPUs; all kinds give the same executions.
  package init(cpus: Int, _ judge: Judge, carrier: CarrierKind) {
    self.cpus = cpus
    self.judge = judge
    conductor = Conductor(
      carrier.carrier(cpus: cpus + 1), actors: cpus + 1, locks: LockID.count(cpus: cpus),
      AllocatorLexicon(cpus: cpus), judge.watch)
    conducted = ConductedMachine(conductor, laws: judge.supervisor)
    shelf = DomainShelf(
      clock: .conducted, locking: Self.locking, supervisor: conducted, listener: judge.supervisor,
      judge: judge)
  }

  /// Runs programs on up to `cpus` CPUs on the fastest carrier available.
  public convenience init(cpus: Int, _ judge: Judge) {
    self.init(cpus: cpus, judge, carrier: ControlledRun.fastestCarrier)
  }

  /// The law that the conductor itself judges: no CPUs wait for each other's locks.
  public static let deadlockLaw = "nobodyWaitsForever"

  /// The carriers that can be used here.
  package static let carriers = CarrierKind.available

  /// Under ThreadSanitizer, threads that hand over a baton, unless coroutines are asked for: a
  /// fault that leaves a lock out is a race, but it is the laws that should find it.
  private static let fastestCarrier = isSanitized ? .dispatch : carriers.last ?? .dispatch

  /// Whether the machine's own locks lock anything.
  ///
  /// Since one CPU runs at a time, they need not. ThreadSanitizer is told of the switches between
  /// coroutines, but not that they order anything; so only locks do, and it finds what they do not
  /// protect.
  private static let locking: Machine.Locking =
    ThreadSanitizer.ofThisProcess == nil ? .nothing : .spin

  /// Makes the policy forget what it tried, since another program follows.
  public func forgetOrders() { conductor.policy.forget() }

  // MARK: Four ways to decide

  /// Runs a program to its end, to teardown, or to the first broken law.
  ///
  /// - Parameter source: decides at every switch point, after the decisions that drew the program.
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

  /// Whether executions are judged by sums at their end: enough for a search for what breaks
  /// before.
  @exclusivity(unchecked) package var endsBriefly = false

  /// Runs a program under a schedule, as far as it fits.
  public func replay(_ program: Program, _ schedule: Schedule) -> Finding? {
    conductor.guidance = .policy
    let policy = conductor.policy
    defer { conductor.policy = policy }
    conductor.policy = Portfolio(only: .replay, replaying: schedule)
    return execute(program)
  }

  /// Runs a program under a schedule in words, as far as it fits.
  ///
  /// - Returns: what broke, and whether every turn was as written.
  public func replay(
    _ program: Program, _ script: Script, _ fit: ScriptFit = .asWritten
  ) -> (finding: Finding?, isExact: Bool) {
    conductor.guidance = .script
    conductor.reader = ScriptReader(script, texts: ControlledRun.texts(of: program), fit)
    let finding = execute(program)
    return (finding, conductor.reader.isExact)
  }

  /// Runs `body`, and records who took each step in which command.
  public func tracing(_ body: () -> Finding?) -> (finding: Finding?, trace: JointTrace) {
    conductor.isTracing = true
    defer { conductor.isTracing = false }
    let finding = body()
    return (finding, conductor.trace.steps)
  }

  /// The choices under which a program runs as it does under a schedule; takes one execution.
  public func choices(_ program: Program, _ schedule: Schedule) -> [UInt64] {
    _ = tracing { replay(program, schedule) }
    return conductor.trace.choices
  }

  /// Where the last execution stood when a law was first seen broken.
  var breach: Breach? { conductor.breach }
  /// For each step of the last trace, the point from which the actor went on.
  var origins: [SwitchPoint?] { conductor.trace.origins }

  /// For each actor, its commands as printed; those of the worker are one timer each.
  static func texts(of program: Program) -> [[String]] {
    var texts = Array(repeating: [String](), count: program.settings.cpus + 1)
    for command in program.commands.dropFirst(program.prefixCount) {
      texts[command.cpu.index].append("\(command)")
    }
    if program.settings.endsBusy { texts[0].append(teardown) }
    return texts
  }

  static let teardown = "teardown"
  static let timer = "a timer"

  // MARK: An execution

  /// A program made ready to be run many times.
  @exclusivity(unchecked) private var ready: ReadyProgram?
  @exclusivity(unchecked) private var shelf: DomainShelf
  /// Whether the present execution is judged by sums at its end.
  @exclusivity(unchecked) private var isBrief = false
  /// One in this many executions of a program, beginning with the first, is judged in full at its
  /// end, which takes several times as long as a short execution.
  private static let fullEndings = 1024

  private func renewShelf() {
    ready = nil
    conducted.machine = nil
    shelf = DomainShelf(
      clock: .conducted, locking: locksLock ? Self.locking : .nothing,
      supervisor: between?(conducted) ?? conducted,
      listener: between == nil ? judge.supervisor : nil, judge: judge)
  }

  private func prepare(_ program: Program) -> ReadyProgram? {
    if let ready, ready.isUsable, ready.runs(program) { return ready }
    precondition(
      program.settings.cpus <= cpus, "the carrier has too few CPUs for the program")
    // Domains that are given up do not belong to the execution, whatever their ends break.
    let reports = (conductor.report, conducted.report)
    (conductor.report, conducted.report) = (nil, nil)
    defer { (conductor.report, conducted.report) = reports }
    conducted.machine = nil
    ready = nil
    shelf.makeRoom()
    judge.resets()
    guard let domain = shelf.take(program.settings) else { return nil }
    conducted.machine = .passUnretained(domain.machine)
    conductor.lexicon = AllocatorLexicon(cpus: program.settings.cpus)
    ready = ReadyProgram(
      program, self, Interpreter(domain: domain, handles: handles, judge: judge, program: program))
    return ready
  }

  private func execute(_ program: Program) -> Finding? {
    guard let ready = prepare(program) else {
      defer { judge.resets() }
      return judge.finding()
    }
    let domain = ready.interpreter.domain
    isBrief =
      endsBriefly ? record == nil : !isExact && ready.executions % Self.fullEndings != 0
    if isBrief { judge.opensBriefly(domain) } else { judge.opens(domain) }
    if record != nil { shortcut = ShortcutWatch(domain) }
    handles.reset(count: program.handleCount)
    for number in 0..<program.prefixCount {
      let command = program.commands[number]
      record?.beginCommand("\(command)", on: command.cpu.index)
      interpret(command, ready.interpreter)
    }
    conductor.locksLock = locksLock
    conducted.idleWindows = ready.lanes.idleWindows
    conducted.exposed = ready.lanes.exposed
    conductor.conduct(ready.lanes.plan, cpus: program.settings.cpus, ready.bodies)
    lastSwitches = conductor.switches
    switchCount &+= UInt64(conductor.switches)
    stepCount &+= UInt64(conductor.steps)
    let finding = conclude(ready, domain)
    shortcut = nil
    record?.close()
    judge.resets()
    return finding
  }

  /// Judges an execution that has ended, and cleans up after it.
  private func conclude(_ ready: ReadyProgram, _ domain: IOVADomain) -> Finding? {
    let remains = ready.remains
    ready.remains = nil
    if conductor.deadlock != nil || remains != nil {
      shelf.discard()
      ready.isUsable = false
      if remains == nil, conductor.isBroken { domain.abandon() }
      let left = remains ?? (conductor.isBroken ? .init() : domain.teardown(on: CPU(0)))
      if let deadlock = conductor.deadlock {
        return Finding(law: ControlledRun.deadlockLaw, evidence: deadlock)
      }
      judge.closes(left)
      return wasPruned ? nil : judge.finding()
    }
    if !conductor.isBroken, !wasPruned { rest(ready) }
    let isBroken = conductor.isBroken
    if isBroken || !domain.isReusable || ready.program.settings.refusedRequest != nil {
      ready.isUsable = false
    }
    let left = shelf.giveBack(isBroken: isBroken, isBrief: isBrief || wasPruned)
    if !left.isEmpty || conductor.isBroken { ready.isUsable = false }
    judge.closes(left)
    return wasPruned || !conductor.isBroken ? nil : judge.finding()
  }

  /// Whether the execution will be looked at again, and must end the same way each time.
  private var isExact: Bool {
    record != nil || conductor.isTracing || conductor.guidance != .policy
      || conductor.policy.onlyReplays
  }

  private func rest(_ ready: ReadyProgram) {
    defer { ready.executions += 1 }
    if isBrief { return judge.restsBriefly() }
    ready.interpreter.finish { command in
      record?.addEnding(command?.description ?? "at rest", on: command?.cpu.index ?? 0)
    }
    record?.settle()
  }

  func runLane(_ ready: ReadyProgram, _ actor: Int) {
    for number in ready.lanes.commands[actor].indices {
      if conductor.isOver { return }
      let command = ready.lanes.commands[actor][number]
      conductor.commands[actor] = number
      if isSlow { unwatched { record?.beginCommand("\(command)", on: actor) } }
      if ready.lanes.hasSharedHandles, let handle = command.handles.first,
        ready.lanes.shared.contains(handle)
      {
        conducted.reachedHandle(handle)
      }
      interpret(command, ready.interpreter)
    }
    guard ready.lanes.endsBusy else { return }
    ended.add(1, ordering: .releasing)
    if actor == 0 { ready.remains = end(ready.interpreter.domain) }
  }

  /// What the CPUs did comes before teardown; counts the lanes that have ended.
  private let ended = Atomic<Int>(0)

  /// Ends a domain while its workers are due.
  private func end(_ domain: IOVADomain) -> IOVADomain.Remains? {
    if conductor.isOver { return nil }
    // Waiting belongs to teardown, whichever command comes before.
    conductor.commands[0] += 1
    conductor.awaitOthers()
    _ = ended.load(ordering: .acquiring)
    if conductor.isOver { return nil }
    unwatched { record?.begin(ControlledRun.teardown, on: 0) }
    domain.machine.advance(by: 100, on: CPU(0))
    if conductor.isOver { return nil }
    return domain.teardown(on: CPU(0))
  }

  /// The worker's part: runs what is due, until nothing will be.
  func work(_ machine: Machine) {
    let actor = conductor.current
    while conductor.rest(until: { machine.hasDueTimers }, touching: .timers) {
      conductor.commands[actor] += 1
      unwatched { record?.begin(ControlledRun.timer, on: actor) }
      machine.runDueTimer(on: CPU(0).asWorker)
    }
  }

  private func interpret(_ command: Command, _ interpreter: Interpreter) {
    guard isSlow else {
      if interpreter.run(command) != .skipped { commandCount &+= 1 }
      return
    }
    let answer = interpreter.run(command)
    unwatched {
      record?.end(SequentialRun.text(answer), on: command.cpu.index)
      if answer != .skipped { commandCount &+= 1 }
    }
  }

  /// Runs what all actors count and record, one at a time, unseen by ThreadSanitizer.
  private func unwatched(_ body: () -> Void) {
    guard isSlow else { return body() }
    ThreadSanitizer.ofThisProcess?.pause()
    body()
    ThreadSanitizer.ofThisProcess?.resume()
  }

  // MARK: In words

  /// Reports how the commands of an execution in words affect the shortcut.
  private var shortcut: ShortcutWatch?
  @exclusivity(unchecked) private var record: ControlledRecord? {
    didSet { isSlow = record != nil || Self.isSanitized }
  }
  /// Whether there is anything to do besides running commands.
  @exclusivity(unchecked) private var isSlow = ControlledRun.isSanitized
  /// Whether everything that happens in an execution is ordered, so that laws need no atomics.
  public static let takesTurns = !isSanitized
  private static let isSanitized = ThreadSanitizer.ofThisProcess != nil

  /// Runs `body`, and returns what happened, row by row, and the schedule in words.
  public func describing(
    _ program: Program, _ body: () -> Finding?
  ) -> (rows: [ControlledRow], script: Script, finding: Finding?) {
    let told = telling(program, body)
    return (told.rows, told.script, told.finding)
  }

  /// Runs `body`, and returns what happened, how many commands began, and how often another actor
  /// took over before a law broke.
  package func telling(
    _ program: Program, _ body: () -> Finding?
  ) -> (rows: [ControlledRow], script: Script, finding: Finding?, commands: Int, switches: Int) {
    let record = ControlledRecord(
      texts: ControlledRun.texts(of: program), other: ControlledRun.timer, isBroken: judge.isBroken)
    self.record = record
    conductor.report = { [conductor] in record.note($0, conductor.commands, conductor.lexicon) }
    conducted.report = { [self] actor, event in
      record.note(event.change, by: actor)
      if let change = shortcut?.change(event) { record.note(change, by: actor) }
    }
    defer {
      self.record = nil
      conductor.report = nil
      conducted.report = nil
    }
    let (finding, trace) = tracing(body)
    return (record.rows, record.recorder.script, finding, record.commands, trace.switches)
  }
}
