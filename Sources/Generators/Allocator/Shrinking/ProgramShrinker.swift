import IOVA

/// Makes a failing program and its schedule small together, by repeatable replays.
///
/// First, commands and turns are dropped (`JointShrinker`); then commands move into the part that
/// runs in order and to other CPUs, do less and ask for less, on a smaller machine; then symmetric
/// CPUs and handles are numbered in order. All of this is repeated until nothing is left to try.
/// Finally, it removes what can go if the failure may come about in another way (`ProgramReducer`):
/// in another interleaving, which it searches for, and in another call.
///
/// Only the same law counts, at first in the same kind of call. With faults switched on, only a
/// failure counts that the same program does not have under the same schedule without them, but
/// with the settings that they need.
public struct ProgramShrinker: Sendable {
  /// The most executions.
  public var replayLimit: Int

  /// A shrinker that keeps to this limit.
  public init(replayLimit: Int = 10_000) { self.replayLimit = replayLimit }

  /// The simplest case that fails in the same way; nil if the given one does not fail.
  ///
  /// - Parameters:
  ///   - run: What replays; its carrier has CPUs enough for the program.
  ///   - shouldStop: Asked before every replay, for a time limit; it makes the answer depend on the
  ///     clock.
  public func shrink(
    _ program: Program, _ schedule: Schedule, on run: ControlledRun,
    shouldStop: () -> Bool = { false }
  ) -> ProgramResult? {
    let endedBriefly = run.endsBriefly
    run.endsBriefly = false
    defer { run.endsBriefly = endedBriefly }
    return withoutActuallyEscaping(shouldStop) { shouldStop in
      guard
        let search = ProgramSearch(
          program, schedule, on: run, limit: replayLimit, shouldStop: shouldStop)
      else { return nil }
      let before = program.commands.count
      // What breaks in a call must break in one again, whatever the end would show.
      run.endsBriefly = search.failure.call != nil
      search.shrink()
      run.endsBriefly = false
      let checks =
        search.isOver
        ? nil
        : search.reduce {
          run.endsBriefly = search.failure.call != nil
          search.shrink()
          run.endsBriefly = false
        }
      let isComplete = checks != nil && !search.isOver
      // A search that was stopped has no time left for this.
      let pair = isComplete ? search.guiltyPair() : nil
      let script = search.script
      return ProgramResult(
        program: search.best.program, schedule: search.best.trace.schedule, script: script,
        finding: search.best.finding, failure: search.failure, guiltyPair: pair,
        commandsBefore: before, replays: search.replays, checks: checks ?? 0,
        searched: search.searched, isComplete: isComplete)
    }
  }
}

extension ProgramSearch {
  /// Runs all passes until none of them finds anything.
  fileprivate func shrink() {
    dropUnused()
    if best.program.commands.count > Self.longProgram { dropSpans() }
    // Small magazines fill up soon, so the commands that fill large ones can be dropped.
    lowerSettings()
    if best.program.commands.count > Self.longProgram {
      mergeCPUs()
      dropSpans()
      while shrinkLong(), !isOver {}
    }
    while true {
      let (commands, switches) = (best.program.commands.count, best.trace.switches)
      shrinkJointly(isBrief: true)
      place()
      if isOver { return }
      if (best.program.commands.count, best.trace.switches) < (commands, switches) { continue }
      // What finds little, or costs most, is tried only when nothing else is left.
      weakenCommands()
      lowerValues()
      shortenTurns()
      let last = best.size
      shrinkJointly(isBrief: false)
      dropInWords()
      if best.size < last { continue }
      place()
      weakenCommands()
      lowerValues()
      shortenTurns()
      if isOver || !(best.size < last) { return }
    }
  }

  /// Above this many commands, only what drops many at a time is worth trying.
  private static let longProgram = 128

  /// Drops commands of a long program; returns whether that removed at least a quarter of them.
  private func shrinkLong() -> Bool {
    let count = best.program.commands.count
    shrinkJointly(isBrief: true)
    let left = best.program.commands.count
    return left > Self.longProgram && left * 4 <= count * 3
  }

  /// Finds out where commands run best, and on how small a machine.
  private func place() {
    sortCommands()
    numberCPUs()
    moveIntoPrefix()
    lowerSettings()
    mergeCPUs()
    moveToOtherCPUs()
  }
}

/// A failing program from which nothing can be removed.
public struct ProgramResult: Sendable {
  public let program: Program
  /// The schedule of the whole execution, up to where the law breaks.
  public let schedule: Schedule
  /// The same in words.
  public let script: Script
  public let finding: Finding
  /// How it fails.
  public let failure: ProgramFailure
  /// The order that is to blame; nil if no two steps are.
  public let guiltyPair: GuiltyPair?
  /// Commands of the program as found.
  public let commandsBefore: Int
  /// Executions that this took, without those of the search.
  public let replays: Int
  /// How many programs with one or two things less were tried and did not fail: the evidence for
  /// "minimal".
  public let checks: Int
  /// Executions in search of other interleavings in which they fail.
  public let searched: Int
  /// Whether the search ended because nothing smaller was left to try, rather than at a limit.
  public let isComplete: Bool

  /// How often another actor takes over.
  public var switches: Int { schedule.switches }

  /// `minimal: nothing can go, as 31 smaller programs show in 1204 interleavings`
  public var evidence: String {
    isComplete
      ? "minimal: nothing can go, as \(checks.of("smaller program")) show in "
        + "\(searched.of("interleaving"))"
      : "stopped after \(replays.of("replay"))"
  }

  /// What happens, row by row; one more execution.
  public func rows(on run: ControlledRun) -> [ControlledRow] {
    run.describing(program) { run.replay(program, schedule) }.rows
  }
}

extension ProgramResult: CustomStringConvertible {
  /// `3 commands, 2 switches (stopped after 12 replays)`
  public var description: String {
    "\(program.commands.count.of("command")), \(switches.of("switch")) (\(evidence))"
  }
}
