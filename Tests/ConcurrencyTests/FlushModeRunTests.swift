import Generators
import IOVA
import Invariants
import Testing

/// One CPU unmaps while another one changes whether that is deferred.
@Suite struct `A change of mode` {
  /// What a fault of two CPUs needs, and the law that it breaks.
  private static func program(
    _ fault: Fault, _ mode: FlushOptions.Mode
  ) -> (law: String, program: Program) {
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 1
    settings.faults = FaultSet([fault])
    settings.flushQueue = FlushOptions(mode, slots: 2, timeout: 10)
    settings.defersFromStart = fault == .q07
    let change = fault == .q07 ? Command.Action.stopDeferring : .startDeferring
    var program = Program(
      settings,
      [
        Command(.allocateFast(Handle(0), pages: 1, limit: PFN(15), flush: false), on: CPU(0)),
        Command(.deferFree(Handle(0)), on: CPU(0)), Command(change, on: CPU(1)),
      ])
    program.inOrder = 1
    return (fault == .q07 ? "nothingIsFreedEarly" : "nothingAbsentIsUsed", program)
  }

  /// The laws that all interleavings break, and how many interleavings that was.
  private func exhaust(_ program: Program) -> (laws: Set<String>, executions: Int) {
    let run = ControlledRun(cpus: 2, LawBook(.every, isSequential: false, cpus: 2))
    run.policy = Portfolio(only: .exhaustive)
    var (laws, executions): (Set<String>, Int) = ([], 0)
    repeat {
      if let finding = run.explore(program, Seed(0)).finding { laws.insert(finding.law) }
      executions += 1
    } while !run.policy.exhaustive.isComplete && !run.policy.exhaustive.hasDiverged
      && executions < 20_000
    #expect(run.policy.exhaustive.isComplete)
    return (laws, executions)
  }

  @Test(arguments: [Fault.q02b, .q07], FlushOptions.Mode.allCases)
  func `that goes wrong breaks its law in three commands`(
    fault: Fault, mode: FlushOptions.Mode
  ) {
    let (law, program) = Self.program(fault, mode)
    #expect(exhaust(program).laws == [law])
  }

  @Test(arguments: [Fault.q02b, .q07], FlushOptions.Mode.allCases)
  func `that goes right breaks none, whatever the interleaving`(
    fault: Fault, mode: FlushOptions.Mode
  ) {
    var program = Self.program(fault, mode).program
    program.settings = program.settings.withoutFaults
    let (laws, executions) = exhaust(program)
    #expect(laws.isEmpty)
    #expect(executions > 1)
  }

  @Test(arguments: [Fault.q02b, .q07])
  func `that goes wrong needs each of its commands`(fault: Fault) {
    let program = Self.program(fault, .perCPU).program
    for index in program.commands.indices {
      var less = program
      less.commands.remove(at: index)
      less.inOrder = index == 0 ? 0 : 1
      #expect(exhaust(less).laws.isEmpty)
    }
  }

  @Test(arguments: [Fault.q02b, .q07])
  func `that goes wrong is found in random programs`(fault: Fault) throws {
    let generator = ProgramGenerator(.flush, faults: FaultSet([fault]), cpus: 3, length: 24)
    let run = ControlledRun(cpus: 3, LawBook(.every, isSequential: false, cpus: 3))
    let law = Self.program(fault, .perCPU).law
    for seed in try Rounds(10_000) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      guard let finding = run.run(program, &source).finding else { continue }
      #expect(finding.law == law)
      return
    }
    Issue.record("\(fault.name) was not found")
  }

  @Test func `is written and read again`() throws {
    var program = Self.program(.q02b, .single).program
    program.commands.append(Command(.stopDeferring, on: CPU(1)))
    let finding = Finding(law: "nothingAbsentIsUsed", evidence: "it is absent")
    let text = ProgramCase(finding, .controlled, program).text
    #expect(text.contains("queue: single 2 10 later\n"))
    #expect(try ProgramCase(text).program == program)
  }
}
