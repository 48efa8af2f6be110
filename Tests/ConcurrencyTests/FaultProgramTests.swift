import Generators
import IOVA
import Invariants
import Testing

/// The catalogue's shortest programs of faults that one CPU alone does not show.
@Suite struct `The shortest program of a fault of interleavings` {
  private static let preemptions = 2
  private static let mostExecutions = 200_000

  /// The laws that all interleavings break, and the fewest switches that break one.
  private func exhaust(_ program: Program) -> (laws: Set<String>, switches: Int?) {
    let cpus = program.settings.cpus
    let run = ControlledRun(cpus: cpus, LawBook(.every, isSequential: false, cpus: cpus).judge)
    run.policy = Portfolio(only: .exhaustive, preemptions: Self.preemptions)
    var laws: Set<String> = []
    var switches: Int?
    var executions = 0
    repeat {
      let (finding, trace) = run.tracing { run.explore(program, Seed(0)) }
      if let finding {
        laws.insert(finding.law)
        switches = min(switches ?? .max, trace.schedule.switches)
      }
      executions += 1
    } while !run.policy.isComplete && !run.policy.exhaustive.hasDiverged
      && executions < Self.mostExecutions
    #expect(run.policy.isComplete)
    return (laws, switches)
  }

  @Test(arguments: FaultProgram.interleaved)
  func `breaks its law, with as few switches as the catalogue says`(fault: Fault) {
    let example = FaultProgram(fault)
    let (laws, switches) = exhaust(example.program)
    #expect(laws.contains(example.law))
    #expect(switches == example.switches)
  }

  @Test(arguments: FaultProgram.interleaved)
  func `is lawful without the fault`(fault: Fault) {
    var program = FaultProgram(fault).program
    program.settings = program.settings.withoutFaults
    #expect(exhaust(program).laws.isEmpty)
  }
}
