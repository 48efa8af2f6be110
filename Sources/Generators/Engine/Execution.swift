/// All that one execution came to.
public struct Execution: Sendable {
  /// What broke; nil if nothing did.
  public internal(set) var finding: Finding?
  /// Whether it could not be decided if anything broke.
  public internal(set) var isUndecided = false
  /// Where a law was first seen broken; nil if none was, or only when nobody ran any more.
  var breach: Breach?

  /// How often another actor went on, and switch points passed.
  public internal(set) var switches = 0
  public internal(set) var steps = 0
  /// About how many steps had been expected.
  public internal(set) var planned = 0

  /// What decided.
  public internal(set) var policy = Policy.replay
  /// What bounded the preemptions, if all orders within a bound are tried.
  var preemptions: Int?
  /// How deep the policy looked, if that bounds what it can miss.
  public internal(set) var depth: Int?
  /// Whether it was given up, since all that could follow was seen before: then nothing was judged.
  public internal(set) var wasPruned = false
  /// Whether the policy has tried all orders of the program by now.
  public internal(set) var hasTriedAll = false
  /// Whether every turn of a script was as it is written.
  public internal(set) var isExact = false

  /// Its steps, if they were asked for; one word, since most are not.
  var traced: TracedSteps?

  /// Who took each step in which command; empty unless it was asked for.
  public var trace: JointTrace { traced?.trace.steps ?? JointTrace() }
  /// By step, the point from which the actor went on; empty unless it was asked for.
  var origins: [SwitchPoint?] { traced?.trace.origins ?? [] }
  /// What was decided, as the choices that decide so; empty unless it was asked for.
  public var choices: [UInt64] { traced?.trace.choices ?? [] }

  /// What decided, as a report names it: `pct of depth 4`.
  public var finder: String { policy.finder(depth: depth, preemptions: preemptions) }
}

/// The steps of an execution.
final class TracedSteps: Sendable {
  let trace: StepTrace

  init(_ trace: StepTrace) { self.trace = trace }
}

/// What an execution did, as it is told.
public struct ToldExecution {
  public let execution: Execution
  /// What happened, row by row.
  public let rows: [ControlledRow]
  /// The schedule in words.
  public let script: Script
  /// How many commands of the program began, without those that were skipped.
  public let commands: Int

  /// What broke; nil if nothing did.
  public var finding: Finding? { execution.finding }
}
