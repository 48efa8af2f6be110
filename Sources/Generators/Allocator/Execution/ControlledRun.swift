import IOVA
import Synchronization

/// Runs programs with their CPUs interleaved by choice: the same choices give the same execution.
///
/// One CPU runs at a time, and the worker that trims depots is one more actor once a timer is due.
/// Every switch is drawn from the choice source that drew the program, follows a schedule, or is a
/// policy's. So a failure repeats, and shrinks together with its schedule.
public final class ControlledRun: Runner {
  public let cpus: Int
  public let judge: Judge
  /// Commands, switches and steps of all executions so far.
  @exclusivity(unchecked) public private(set) var commandCount: UInt64 = 0
  @exclusivity(unchecked) public private(set) var switchCount: UInt64 = 0
  @exclusivity(unchecked) public private(set) var stepCount: UInt64 = 0
  /// The canary: whether locks keep others out.
  @exclusivity(unchecked) public var locksLock = true { didSet { renewShelf() } }
  /// Whether the last program ended before its request that was to be refused.
  public var isRefusalDue: Bool { shelf.isRefusalDue }
  /// The most CPUs of a program: they, the worker and one more fit in a word.
  public static let mostCPUs = 62
  /// Wraps the supervisor between machine and conductor: how tests change the system under test.
  package var between: ((any Supervisor) -> any Supervisor)? {
    didSet { renewShelf() }
  }

  private let conducted: ConductedMachine
  private let handles = HandleTable(isShared: !ControlledRun.takesTurns)

  /// - Parameter carrier: what carries the CPUs; all kinds give the same executions.
  package init(cpus: Int, _ judge: Judge, carrier: CarrierKind) {
    self.cpus = cpus
    self.judge = judge
    let conductor = Conductor(
      carrier.carrier(cpus: cpus + 1), locks: LockID.count(cpus: cpus),
      AllocatorLexicon(cpus: cpus), judge.watch)
    conducted = ConductedMachine(conductor, laws: judge.supervisor)
    shelf = DomainShelf(
      clock: .conducted, locking: Self.locking, supervisor: conducted, listener: judge.supervisor,
      judge: judge)
    super.init(conductor)
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
  /// - Parameter source: decides at every switch point, after whatever it decided before.
  public func run(_ program: Program, _ source: inout ChoiceSource) -> Execution {
    prepare(program)
    return run(choosing: &source)
  }

  /// Runs a program under whatever decides.
  func run(_ program: Program, _ guide: Guide) -> Execution {
    prepare(program)
    return run(guide)
  }

  /// Runs a program under the policy, whose choices are drawn from a seed and not recorded.
  public func explore(_ program: Program, _ seed: Seed) -> Execution {
    run(program, .policy(seed))
  }

  /// Runs a program once more as in the last execution that the policy decided.
  public func again(_ program: Program, _ seed: Seed) -> Execution {
    run(program, .again(seed))
  }

  /// Whether executions are judged by sums at their end: enough for a search for what breaks
  /// before.
  @exclusivity(unchecked) package var endsBriefly = false

  /// Runs a program under a schedule, as far as that fits.
  public func replay(_ program: Program, _ schedule: Schedule) -> Execution {
    run(program, .schedule(schedule))
  }

  /// Runs a program under a schedule in words, as far as that fits.
  public func replay(
    _ program: Program, _ script: Script, _ fit: ScriptFit = .asWritten
  ) -> Execution {
    run(program, .script(script, fit))
  }

  /// The choices under which a program runs as it does under a schedule; takes one execution.
  public func choices(_ program: Program, _ schedule: Schedule) -> [UInt64] {
    tracing { replay(program, schedule) }.choices
  }

  override var texts: [[String]] {
    (ready?.program ?? unmade).map(ControlledRun.texts(of:)) ?? []
  }

  override var isBroken: Bool { judge.isBroken }

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
  /// The program, if its domain can't be made.
  @exclusivity(unchecked) private var unmade: Program?
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

  private func prepare(_ program: Program) {
    ready = prepared(program)
    unmade = ready == nil ? program : nil
  }

  /// The program, with all that its executions share; nil if its domain can't be made.
  private func prepared(_ program: Program) -> ReadyProgram? {
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
    return ReadyProgram(
      program, self, Interpreter(domain: domain, handles: handles, judge: judge, program: program))
  }

  override func execute() -> (finding: Finding?, isUndecided: Bool) { (conduct(), false) }

  private func conduct() -> Finding? {
    guard let ready else {
      defer { judge.resets() }
      return judge.found
    }
    let domain = ready.interpreter.domain
    isBrief =
      endsBriefly ? record == nil : !isExact && ready.executions % Self.fullEndings != 0
    if isBrief { judge.opensBriefly(domain) } else { judge.opens(domain) }
    if record != nil { shortcut = ShortcutWatch(domain) }
    handles.reset(count: ready.program.handleCount)
    journal?.begins(ready.interpreter)
    for number in 0..<ready.program.prefixCount {
      let command = ready.program.commands[number]
      record?.beginCommand("\(command)", on: command.cpu.index)
      interpret(command, ready.interpreter)
    }
    conductor.locksLock = locksLock
    conducted.idleWindows = ready.lanes.idleWindows
    conducted.exposed = ready.lanes.exposed
    conductor.conduct(ready.lanes.plan, cpus: ready.program.settings.cpus, ready.bodies)
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
      return conductor.isPruned ? nil : judge.found
    }
    if !conductor.isBroken, !conductor.isPruned { rest(ready) }
    let isBroken = conductor.isBroken
    if isBroken || !domain.isReusable || ready.program.settings.refusedRequest != nil {
      ready.isUsable = false
    }
    let left = shelf.giveBack(isBroken: isBroken, isBrief: isBrief || conductor.isPruned)
    if !left.isEmpty || conductor.isBroken { ready.isUsable = false }
    judge.closes(left)
    return conductor.isPruned || !conductor.isBroken ? nil : judge.found
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
      lookAfterEnding()
      record?.addEnding(command?.description ?? "at rest", on: command?.cpu.index ?? 0)
    }
    record?.settle()
    lookAfterEnding()
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
  private func end(_ domain: IOVADomain) -> DomainRemains? {
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
      unwatched { look(at: actor) }
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
      if answer == .skipped { return }
      commandCount &+= 1
      look(at: command.cpu.index)
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
  /// Collects the states of the domain, if they are asked for.
  var journal: StateJournal?
  /// Whether anything is to be done beside running commands.
  @exclusivity(unchecked) private var isSlow = ControlledRun.isSanitized
  /// Whether everything that happens in an execution is ordered, so that laws need no atomics.
  public static let takesTurns = !isSanitized
  private static let isSanitized = ThreadSanitizer.ofThisProcess != nil

  override func isTold(_ record: ControlledRecord?) {
    isSlow = record != nil || Self.isSanitized
    guard let record else {
      conducted.report = nil
      return
    }
    record.leaves = { [unowned self] actor in look(at: actor, isStop: true) }
    conducted.report = { [unowned self] actor, event in
      journal?.hears(event)
      record.note(event.change, by: actor)
      if let change = shortcut?.change(event) { record.note(change, by: actor) }
    }
  }

  /// Runs `body`, and tells what happens to a program.
  public func describing(_ program: Program, _ body: () -> Execution) -> ToldExecution {
    telling(ControlledRun.texts(of: program), body)
  }
}
