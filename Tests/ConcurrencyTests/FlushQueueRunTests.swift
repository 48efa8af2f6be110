import Generators
import IOVA
import Invariants
import Testing

/// Flush queues whose CPUs and timer get into each other's way.
@Suite struct `A flush queue that is interleaved` {
  private static let cpus = 3
  private static let workload = Workload.flush

  private func book() -> LawBook { LawBook(.every, isSequential: false, cpus: Self.cpus) }

  /// The first finding of so many executions that the same program without its faults has not.
  private func finding(
    _ generator: ProgramGenerator, tries: UInt64
  ) throws -> (finding: Finding, seed: Seed)? {
    let run = ControlledRun(cpus: Self.cpus, book())
    for seed in try Rounds(tries) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      if let finding = run.run(program, &source).finding { return (finding, seed) }
    }
    return nil
  }

  @Test func `breaks no law on current, whatever the interleaving`() throws {
    let generator = ProgramGenerator(Self.workload, cpus: Self.cpus, length: 24)
    let found = try finding(generator, tries: 3000)
    #expect(found == nil, "\(found?.seed.line() ?? "")")
  }

  @Test func `whose timer outlives its teardown is found, Q01`() throws {
    let generator = ProgramGenerator(
      Self.workload, faults: FaultSet([.q01]), cpus: Self.cpus, length: 24)
    #expect(try finding(generator, tries: 3000)?.finding.law == "nothingRunsAfterTeardown")
  }

  @Test(arguments: [Fault.q02, .q03a, .d10])
  func `with a fault that needs one CPU is found all the same`(fault: Fault) throws {
    let generator = ProgramGenerator(
      Self.workload, faults: FaultSet([fault]), cpus: Self.cpus, length: 24)
    let law = fault == .q03a ? "nothingIsFreedEarly" : "nothingAbsentIsUsed"
    #expect(try finding(generator, tries: 10_000)?.finding.law == law)
  }

  @Test(arguments: [2, 4])
  func `breaks no law on threads that really run at once`(cpus: Int) throws {
    let generator = ProgramGenerator(Self.workload, cpus: cpus, length: 600)
    let run = FreeRun(
      cpus: cpus, LawBook(.every, isSequential: false, cpus: cpus))
    for seed in try Rounds(20) {
      var source = ChoiceSource(seed: seed)
      #expect(run.run(generator.draw(from: &source)) == nil, seed.line())
    }
  }

  /// A small proof: every interleaving that differs, of two CPUs that queue while the timer runs.
  @Test(arguments: FlushOptions.Mode.allCases)
  func `breaks no law in any interleaving of two CPUs and the timer`(
    mode: FlushOptions.Mode
  ) throws {
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 1
    settings.flushQueue = FlushOptions(mode, slots: 2, timeout: 10)
    let takes = (0..<2).map {
      Command(.allocateFast(Handle($0), pages: 1, limit: PFN(15), flush: false), on: CPU(0))
    }
    var program = Program(
      settings,
      takes + [
        Command(.deferFree(Handle(0)), on: CPU(0)), Command(.advance(milliseconds: 10), on: CPU(0)),
        Command(.deferFree(Handle(1)), on: CPU(1)),
      ])
    program.inOrder = 3
    let run = ControlledRun(
      cpus: 2, LawBook(.every, isSequential: false, cpus: 2))
    run.policy = Portfolio(only: .exhaustive)
    var executions = 0
    repeat {
      #expect(run.explore(program, Seed(0)).finding == nil)
      executions += 1
    } while !run.policy.exhaustive.isComplete && !run.policy.exhaustive.hasDiverged
      && executions < 20_000
    #expect(run.policy.exhaustive.isComplete)
    #expect(!run.policy.exhaustive.hasDiverged)
    #expect(executions > 10)
  }
}
