import IOVA

/// Runs programs with their CPUs interleaved by choice: the same choices give the same execution.
///
/// One CPU runs at a time; every switch is drawn from the choice source that drew the program. So a
/// failure repeats, and shrinks together with its schedule.
public final class ControlledRun {
  /// One row of what happened: a command, what it returned, or a switch in the middle of one.
  public struct Row: Hashable, Sendable {
    public let cpu: CPU
    public let text: String
    /// The number of the command that begins here, from 1; "end" for what gives back what the
    /// program left; empty for what goes on.
    public let label: String
  }

  public let cpus: Int
  public let judge: Judge
  /// Commands and switches of all executions so far.
  public private(set) var commandCount: UInt64 = 0
  public private(set) var switchCount: UInt64 = 0
  /// Switches of the last execution.
  public private(set) var lastSwitches = 0
  /// The policy that made the choices of the last execution, as a report names it.
  public private(set) var lastFinder = "replay"
  private let carrier: any Carrier
  private let handles = HandleTable()

  /// - Parameter carrier: what carries the CPUs; all give the same executions.
  package init(cpus: Int, _ judge: Judge, carrier: CarrierKind) {
    self.cpus = cpus
    self.judge = judge
    self.carrier = carrier.carrier(cpus: cpus)
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

  /// Runs a program to its end, to teardown, or to the first broken law.
  ///
  /// - Parameter source: decides at every switch point, after whatever it decided before.
  /// - Parameter locksLock: false is the canary: locks keep nobody out.
  public func run(
    _ program: Program, _ source: inout ChoiceSource, locksLock: Bool = true
  ) -> Finding? {
    execute(program, &source, locksLock, nil)
  }

  /// Runs a program once more, and says what happened, row by row.
  public func transcript(
    _ program: Program, _ source: inout ChoiceSource, locksLock: Bool = true
  ) -> (rows: [Row], finding: Finding?) {
    let record = ControlledRecord()
    let finding = execute(program, &source, locksLock, record)
    return (record.rows, finding)
  }

  private func execute(
    _ program: Program, _ source: inout ChoiceSource, _ locksLock: Bool,
    _ record: ControlledRecord?
  ) -> Finding? {
    let count = program.settings.cpus
    precondition(count <= cpus, "the carrier has too few CPUs for the program")
    defer { judge.resets() }
    let conductor = Conductor(carrier, cpus: count, judge: judge, locksLock: locksLock)
    conductor.report = record.map { record in { record.note($0) } }
    let machine = Machine(
      cpus: count, clock: .virtual, locking: .nothing, supervisor: conductor)
    guard let domain = SequentialRun.makeDomain(program.settings, on: machine) else { return nil }
    judge.opens(domain)
    handles.reset(count: program.handleCount)
    let interpreter = Interpreter(domain: domain, handles: handles, judge: judge, program: program)
    let prefix = program.commands.prefix { $0.isReservation }
    for command in prefix { interpret(command, interpreter, record) }
    swap(&conductor.source, &source)
    conductor.conduct(ControlledRun.plan(of: program, after: prefix.count)) { [self] cpu in
      for command in program.commands.dropFirst(prefix.count) where command.cpu == cpu {
        if judge.isBroken() || conductor.deadlock != nil { return }
        interpret(command, interpreter, record)
      }
    }
    swap(&conductor.source, &source)
    lastSwitches = conductor.switches
    lastFinder = conductor.isPolicyAsked ? conductor.policy.finder : "replay"
    switchCount &+= UInt64(conductor.switches)
    if let deadlock = conductor.deadlock {
      _ = domain.teardown(on: CPU(0))
      return Finding(law: ControlledRun.deadlockLaw, evidence: deadlock)
    }
    if !judge.isBroken() { interpreter.finish { record?.end($0) } }
    judge.closes(domain.teardown(on: CPU(0)))
    return judge.finding()
  }

  /// About as many steps as each CPU will take: most commands take one or two locks.
  private static func plan(of program: Program, after prefix: Int) -> ExecutionPlan {
    var steps = Array(repeating: 0, count: program.settings.cpus)
    for command in program.commands.dropFirst(prefix) { steps[command.cpu.index] += 2 }
    return ExecutionPlan(steps: steps)
  }

  private func interpret(
    _ command: Command, _ interpreter: Interpreter, _ record: ControlledRecord?
  ) {
    record?.begin(command)
    let answer = interpreter.run(command)
    record?.end(command, answer)
    if answer != .skipped { commandCount &+= 1 }
  }
}

/// Collects the rows of one execution.
final class ControlledRecord {
  private(set) var rows: [ControlledRun.Row] = []
  private var numbers = 0
  /// The row at which a CPU's command began.
  private var begun: [CPU: Int] = [:]

  func begin(_ command: Command) {
    begun[command.cpu] = rows.count
    numbers += 1
    add(command.cpu, command.description, "\(numbers)")
  }

  /// Skipped commands leave no row.
  func end(_ command: Command, _ answer: Interpreter.Answer) {
    guard let text = SequentialRun.text(answer) else {
      if let row = begun[command.cpu], row == rows.count - 1 {
        rows.removeLast()
        numbers -= 1
      }
      return
    }
    if !text.isEmpty { add(command.cpu, "     → \(text)") }
  }

  /// A command that gives back what the program left.
  func end(_ command: Command) { add(command.cpu, command.description, "end") }

  func note(_ event: Conductor.Event) {
    switch event {
    case .preempted(let cpu, let lock): add(cpu, "  wants \(lock)  ⇥")
    case .preemptedAfter(let cpu, let lock): add(cpu, "  released \(lock)  ⇥")
    case .waits(let cpu, let lock): add(cpu, "  waits for \(lock)  ⇥")
    }
  }

  private func add(_ cpu: CPU, _ text: String, _ label: String = "") {
    rows.append(ControlledRun.Row(cpu: cpu, text: text, label: label))
  }
}
