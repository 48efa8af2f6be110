/// Makes a failing program and its schedule small together.
///
/// A schedule is meaningless without its program, and a program that is edited needs its schedule
/// edited as well: commands go with the steps they took, and what then no longer fits is skipped
/// (`Replay`). Scott et al., "Minimizing Faulty Executions of Distributed Systems" (DEMi, NSDI
/// 2016), shrink one after the other and end 1 to 4.6 times above the optimum.
///
/// A candidate counts only if the *same* failure recurs with fewer commands, or with as many and
/// fewer switches. Deterministic if what runs the candidates is.
///
/// ```swift
/// let program = ToyProgram.toctou(cpus: 2, commands: 2)
/// let start = JointCase(commands: program.allCommands, schedule: Schedule(cpus: [0, 1, 0, 1]))
/// let result = JointShrinker().shrink(start) { candidate, trace in
///   var system = StepSystem(program.keeping(candidate.commands))
///   var (replay, source) = (Replay(candidate.schedule), ChoiceSource(seed: Seed(0)))
///   let failure = system.run(&replay, drawing: &source)
///   system.record(&trace, names: candidate.commands)
///   return failure
/// }
/// assert(result.minimal.commands == [[0], [0]] && result.minimal.schedule.switches == 2)
/// ```
public struct JointShrinker: Sendable {
  /// How many candidates may be run.
  public var replayLimit: Int

  /// Whether everything is tried once only, and pairs of commands not at all: for whoever goes on
  /// with the result.
  public var isBrief = false

  /// A shrinker that keeps to this limit.
  public init(replayLimit: Int = 2_000) { self.replayLimit = replayLimit }

  /// Finds a smaller case that fails in the same way.
  ///
  /// - Parameters:
  ///   - failing: A case that fails.
  ///   - unscheduled: CPUs whose commands take no steps, such as those that run before the others
  ///     start.
  ///   - shouldStop: Asked before every replay, for a budget of time; it makes the answer depend on
  ///     the clock.
  ///   - run: Runs a case under its schedule, notes in the trace every step that it took, and
  ///     returns how it failed, or nil. The trace is empty when it is handed over.
  public func shrink<Failure: Equatable>(
    _ failing: JointCase, unscheduled: Set<Int> = [], shouldStop: () -> Bool = { false },
    run: (JointCase, inout JointTrace) -> Failure?
  ) -> JointResult<Failure> {
    var trace = JointTrace()
    guard let failure = run(failing, &trace) else {
      return JointResult(
        minimal: failing, trace: trace, failure: nil, replays: 1, checks: 0, isComplete: false)
    }
    let isSameFailure: (JointCase, inout JointTrace) -> Bool = { run($0, &$1) == failure }
    return withoutActuallyEscaping(isSameFailure) { isSameFailure in
      withoutActuallyEscaping(shouldStop) { shouldStop in
        var search = JointSearch(
          failing, trace, unscheduled: unscheduled, limit: replayLimit,
          shouldStop: shouldStop, test: isSameFailure)
        search.run(isBrief: isBrief)
        return JointResult(
          minimal: search.best, trace: search.trace, failure: failure,
          replays: search.replays, checks: search.checks, isComplete: search.isComplete)
      }
    }
  }
}

/// What joint shrinking came to.
public struct JointResult<Failure: Equatable> {
  /// The smallest case found; its schedule is that of the whole `trace`.
  public let minimal: JointCase
  /// What took place when it ran.
  public let trace: JointTrace
  /// How it fails; nil if the case did not fail at all when run again.
  public let failure: Failure?
  /// How many cases were run, the first one included.
  public let replays: Int
  /// How many smaller cases were run that all did not fail so: the evidence for "1-minimal".
  public let checks: Int
  /// Whether the search ended because nothing smaller was left to try, rather than at a limit.
  public let isComplete: Bool
}

extension JointResult: Sendable where Failure: Sendable {}

extension JointResult: CustomStringConvertible {
  /// `3 commands, 4 switches (1-minimal: checked by 12 replays)`
  public var description: String {
    let evidence =
      isComplete
      ? "1-minimal: checked by \(checks.of("replay"))" : "stopped after \(replays.of("replay"))"
    return
      minimal.commandCount.of("command") + ", "
      + minimal.schedule.switches.of("switch") + " (\(evidence))"
  }
}
