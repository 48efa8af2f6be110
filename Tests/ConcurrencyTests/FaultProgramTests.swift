import Generators
import IOVA
import Invariants
import Testing

/// The catalogue's shortest programs of faults that one CPU alone does not show.
@Suite struct `The shortest program of a fault of interleavings` {
  private static let executions: UInt64 = 20_000
  private static let executionsOfLawful: UInt64 = 500

  private func run(_ program: Program) -> ControlledRun {
    let cpus = program.settings.cpus
    return ControlledRun(cpus: cpus, LawBook(.every, isSequential: false, cpus: cpus))
  }

  @Test(arguments: FaultProgram.interleaved)
  func `breaks its law under some schedule`(fault: Fault) {
    let example = FaultProgram(fault)
    let run = run(example.program)
    let breaks = (0..<Self.executions).contains {
      run.explore(example.program, Seed($0)).finding?.law == example.law
    }
    #expect(breaks)
  }

  @Test func `breaks another law in its own way`() {
    let example = FaultProgram(.d05, breaking: "everyRangeHasOnePlace")
    #expect(example.program.commands.count == FaultProgram(.d05).program.commands.count + 1)
    let run = run(example.program)
    let breaks = (0..<Self.executions).contains {
      run.explore(example.program, Seed($0)).finding?.law == example.law
    }
    #expect(breaks)
  }

  @Test func `leads a depot astray, where the cost of looking twice is overlooked`() {
    let program = FaultProgram.staleTop
    let book = LawBook(
      .every, isSequential: false, cpus: 2, except: [.callsKeepTheirBudget])
    let run = ControlledRun(cpus: 2, book)
    let laws = Set((0..<Self.executions).compactMap { run.explore(program, Seed($0)).finding?.law })
    #expect(laws == [Law.magazinesAreBounded.name])
  }

  @Test(arguments: FaultProgram.interleaved)
  func `is lawful without the fault`(fault: Fault) {
    var program = FaultProgram(fault).program
    program.settings = program.settings.withoutFaults
    let run = run(program)
    for number in 0..<Self.executionsOfLawful {
      #expect(run.explore(program, Seed(number)).finding == nil)
    }
  }
}
