import Generators
import IOVA

/// Looks for the smallest case that fails in one way, among all programs there are: fewest
/// commands, then fewest switches.
///
/// "All" ends somewhere: at the kinds of commands, and at the preemptions while commands are
/// counted. Switches are counted without such a bound, since each preemption is a switch.
struct JointOptimum {
  /// What the search came to.
  struct Answer {
    var commands = 0
    var switches = 0
    /// Programs that were run, each once for every number of switches.
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
  /// Switches away from a CPU that could go on, at most.
  let preemptions: Int
  /// Commands at most.
  let most: Int

  /// Runs all programs, the short ones first, until one fails so; then all of as many commands,
  /// the schedules of few switches first.
  ///
  /// Nil if none fails so, or one does not repeat itself.
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

  /// Whether any program of so many commands fails so; nil if one does not repeat itself.
  ///
  /// - Parameter switches: at most; nil for any number.
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

  /// What is seen at rest is looked for there only in executions that are traced.
  private var isAtRest: Bool { failure.call == nil }

  /// `optimum 3 commands and 2 switches: 26 programs, 1,234 executions up to 2 preemptions`
  func describe(_ answer: Answer) -> String {
    "optimum \(answer.commands.of("command")) and \(answer.switches) "
      + (answer.switches == 1 ? "switch" : "switches")
      + ": \(answer.programs.of("program"))\(isInOrder ? " in order" : ""), "
      + "\(answer.executions.of("execution")) up to \(preemptions.of("preemption"))"
  }
}
