/// From a seed to a minimal failing case of a toy program: the whole way that a campaign goes.
public struct ToySearch: Sendable {
  /// What was found, and what that took.
  public struct Report: Sendable {
    /// The program with the commands that are left.
    public let program: ToyProgram
    /// What is left of commands and schedule.
    public let result: JointResult<ToyFailure>
    /// Executions up to the failing one, which is included.
    public let executions: Int
    /// Which policy made that one.
    public let finder: String
  }

  /// How many executions may be made.
  public var limit: Int

  private var system: StepSystem
  private var portfolio: Portfolio
  private var source = ChoiceSource(seed: Seed(0))

  /// A search for a failure of `program`.
  public init(_ program: ToyProgram, _ portfolio: Portfolio = Portfolio(), limit: Int = 1_000_000) {
    system = StepSystem(program)
    self.portfolio = portfolio
    self.limit = limit
  }

  /// Looks for a failure and makes it minimal; nil if none was found.
  public mutating func run(_ seed: Seed) -> Report? {
    for execution in 1...limit {
      source.reset(seed: seed.derived(UInt64(execution)))
      if system.run(&portfolio, drawing: &source) != nil {
        let result = shrink()
        return Report(
          program: system.program.keeping(result.minimal.commands), result: result,
          executions: execution, finder: portfolio.finder)
      }
      portfolio.passed()
      if portfolio.isComplete { return nil }
    }
    return nil
  }

  private mutating func shrink() -> JointResult<ToyFailure> {
    let program = system.program
    let start = JointCase(
      commands: program.allCommands, schedule: Schedule(cpus: system.trace))
    return JointShrinker().shrink(start) { candidate, trace in
      var system = StepSystem(program.keeping(candidate.commands))
      var replay = Replay(candidate.schedule)
      let failure = system.run(&replay, drawing: &source)
      system.record(&trace, names: candidate.commands)
      return failure
    }
  }
}

extension ToySearch.Report: CustomStringConvertible {
  /// The failure, the policy, the commands and the schedule.
  public var description: String {
    let name = result.failure?.rawValue ?? "nothing"
    return """
      \(name), found by \(finder) in execution \(executions)
      \(result)
      \(program)
      schedule: \(result.minimal.schedule)
      """
  }
}
