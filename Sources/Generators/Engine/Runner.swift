/// Runs a program with its actors interleaved: of the allocator, of a user's type, or of a toy.
///
/// A subclass makes the system, says what each actor does, and judges. What decides who goes on,
/// what is noted on the way, and what an execution came to, is the same for all. Belongs to one
/// thread.
public class Runner {
  /// What decides who goes on.
  enum Guide: Hashable {
    /// The policy, which draws from a seed and records nothing.
    case policy(Seed)
    /// The same once more as in the last execution that it decided.
    case again(Seed)
    /// A schedule, as far as it fits.
    case schedule(Schedule)
    /// A schedule in words, as far as it fits.
    case script(Script, ScriptFit)
  }

  let conductor: Conductor
  /// What is told of the present execution, if that is wanted.
  @exclusivity(unchecked) private(set) final var record: ControlledRecord?

  init(_ conductor: Conductor) { self.conductor = conductor }

  /// What makes the choices that are fresh.
  public final var policy: Portfolio {
    get { conductor.policy }
    set { conductor.policy = newValue }
  }

  /// The policy begins afresh. Through here, since who changes `policy` copies all that it knows.
  final func forgetPlan() { conductor.policy.forget() }

  // MARK: What a subclass says

  /// Makes the system, has the conductor run the actors, and judges.
  ///
  /// - Returns: what broke, and whether that could not be decided.
  func execute() -> (finding: Finding?, isUndecided: Bool) { (nil, false) }

  /// By actor, what its commands are printed as.
  var texts: [[String]] { [] }

  /// What is printed where an actor runs what is no command of the program.
  var other: String { "a timer" }

  /// Whether a law is broken by now.
  var isBroken: Bool { conductor.isBroken }

  /// It begins or ends to be told what happens.
  func isTold(_ record: ControlledRecord?) {}

  // MARK: What decides

  /// Runs the program once.
  final func run(_ guide: Guide) -> Execution {
    switch guide {
    case .policy(let seed):
      conductor.guidance = .policy
      conductor.policySeed = seed
      return executed()
    case .again(let seed):
      conductor.policy.exhaustive.isReplaying = conductor.policy.isEnumerating
      defer { conductor.policy.exhaustive.isReplaying = false }
      return run(.policy(seed))
    case .schedule(let schedule):
      conductor.guidance = .policy
      let policy = conductor.policy
      defer { conductor.policy = policy }
      conductor.policy = Portfolio(only: .replay, replaying: schedule)
      return executed()
    case .script(let script, let fit):
      conductor.guidance = .script
      conductor.reader = ScriptReader(script, texts: texts, fit)
      return executed()
    }
  }

  /// Runs the program once; every choice is the source's, after whatever it chose before.
  final func run(choosing source: inout ChoiceSource) -> Execution {
    conductor.guidance = .choices
    swap(&conductor.source, &source)
    defer { swap(&conductor.source, &source) }
    return executed()
  }

  private func executed() -> Execution {
    let (finding, isUndecided) = execute()
    var execution = Execution(finding: finding, isUndecided: isUndecided)
    execution.breach = conductor.breach
    execution.switches = conductor.switches
    execution.steps = conductor.steps
    execution.planned = conductor.plan.total
    execution.wasPruned = conductor.isPruned
    execution.isExact = conductor.guidance == .script && conductor.reader.isExact
    if conductor.isPolicyAsked {
      let summary = conductor.policy.summary()
      (execution.policy, execution.depth) = (summary.policy, summary.depth)
      (execution.preemptions, execution.hasTriedAll) = (summary.preemptions, summary.isComplete)
    }
    if conductor.isTracing { execution.traced = TracedSteps(conductor.trace) }
    return execution
  }

  // MARK: What is noted

  /// Runs `body`, and notes who takes each step in which command.
  public final func tracing(_ body: () -> Execution) -> Execution {
    let before = conductor.isTracing
    conductor.isTracing = true
    defer { conductor.isTracing = before }
    return body()
  }

  /// Runs `body`, and tells what happens.
  ///
  /// - Parameter texts: by actor, what its commands are printed as.
  final func telling(_ texts: [[String]], _ body: () -> Execution) -> ToldExecution {
    let record = ControlledRecord(texts: texts, other: other) { [unowned self] in isBroken }
    self.record = record
    isTold(record)
    conductor.report = { [conductor] in record.note($0, conductor.commands, conductor.lexicon) }
    defer {
      self.record = nil
      isTold(nil)
      conductor.report = nil
    }
    let execution = tracing(body)
    return ToldExecution(
      execution: execution, rows: record.rows, script: record.recorder.script,
      commands: record.commands)
  }
}
