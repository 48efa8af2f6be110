import Generators
import IOVA

/// Searches all programs for the smallest case that fails in a given way: fewest commands, then
/// fewest switches.
///
/// "All" has limits: the kinds of commands, and the preemptions while commands are counted.
/// Switches are counted without such a limit, since each preemption is a switch.
struct JointOptimum {
  /// The result of the search.
  struct Answer {
    var commands = 0
    var switches = 0
    /// Programs that were run, each counted once for every number of switches.
    var programs = 0
    /// Their executions.
    var executions = 0
  }

  let fault: Fault
  let failure: ProgramFailure
  /// What programs are made of.
  var kinds = SmallPrograms.Kind.allCases
  var endings = [false, true]
  /// Whether programs have no lanes, and only teardown and workers are interleaved.
  var isInOrder = false
  var pages: UInt64 = 3
  /// The most switches away from a CPU that could go on.
  let preemptions: Int
  /// The most commands.
  let most: Int

  /// Runs all programs, short ones first, until one fails this way; then all with as many commands,
  /// schedules with few switches first.
  ///
  /// Nil if none fails this way, or one does not repeat.
  func find(_ run: ControlledRun) -> Answer? {
    var answer = Answer()
    for count in 0...most {
      guard let fails = anyFails(count, preemptions, nil, run, &answer) else { return nil }
      guard fails else { continue }
      answer.commands = count
      while let fails = anyFails(count, answer.switches, answer.switches, run, &answer) {
        if fails { return answer }
        answer.switches += 1
      }
      return nil
    }
    return nil
  }

  /// Whether any program of that many commands fails this way; nil if one does not repeat.
  ///
  /// - Parameter switches: the most allowed; nil for any number.
  private func anyFails(
    _ count: Int, _ preemptions: Int, _ switches: Int?, _ run: ControlledRun,
    _ answer: inout Answer
  ) -> Bool? {
    var programs = SmallPrograms(
      faults: FaultSet([fault]), count: count, kinds: kinds, endings: endings)
    programs.isInOrder = isInOrder
    programs.pages = pages
    var fails: Bool? = false
    programs.visit { program in
      answer.programs += 1
      fails = self.fails(program, preemptions, switches, run, &answer)
      return fails == false
    }
    return fails
  }

  private func fails(
    _ program: Program, _ preemptions: Int, _ switches: Int?, _ run: ControlledRun,
    _ answer: inout Answer
  ) -> Bool? {
    run.policy = Portfolio(only: .exhaustive, preemptions: preemptions)
    repeat {
      answer.executions += 1
      let execution =
        isAtRest
        ? run.tracing { run.explore(program, Seed(0)) } : run.explore(program, Seed(0))
      if execution.failure(of: program) == failure {
        guard let switches else { return true }
        let again = run.tracing { run.again(program, Seed(0)) }
        if again.trace.schedule.switches <= switches { return true }
      }
    } while !run.policy.isComplete && !run.policy.exhaustive.hasDiverged
    return run.policy.exhaustive.hasDiverged ? nil : false
  }

  /// What is seen at rest is searched for there only in executions that are traced.
  private var isAtRest: Bool { failure.call == nil }

  /// `optimum 3 commands and 2 switches: 26 programs, 1,234 executions up to 2 preemptions`
  func describe(_ answer: Answer) -> String {
    "optimum \(answer.commands.of("command")) and \(answer.switches) "
      + (answer.switches == 1 ? "switch" : "switches")
      + ": \(answer.programs.of("program"))\(isInOrder ? " in order" : ""), "
      + "\(answer.executions.of("execution")) up to \(preemptions.of("preemption"))"
  }
}
