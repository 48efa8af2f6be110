import Generators
import IOVA
import Invariants
import Testing

/// Devices and drivers on two CPUs.
@Suite struct `A mapping beside others` {
  private static let faults: [Fault] = [.q10, .p09, .p10]

  /// What a fault of two CPUs needs, and the laws that it breaks.
  private static func program(_ fault: Fault) -> (laws: Set<String>, program: Program) {
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 1
    settings.faults = FaultSet([fault])
    var dma = DMASettings()
    dma.devices[0] = DMADevice(mask: PFN(0xFFF), isPCI: false)
    settings.dma = dma
    let map = { (handle: Int, cpu: Int, pages: UInt64) in
      Command(
        .map(Handle(handle), pages: pages, .readWrite, device: 0, shifted: false), on: CPU(cpu))
    }
    if fault == .q10 {
      // Too large for a cache, so that what one CPU frees the other one is given.
      var program = Program(
        settings,
        [
          map(0, 0, 33), Command(.access(Handle(0), page: 0), on: CPU(0)),
          Command(.unmap(Handle(0)), on: CPU(0)), map(1, 1, 33),
        ])
      program.inOrder = 2
      return (["nothingStaleIsReused"], program)
    }
    let laws: Set = ["tablesAreWellFormed", "walksAgreeWithTheModel", "tablesAreAccounted"]
    return (laws, Program(settings, [map(0, 0, 1), map(1, 1, 1)]))
  }

  /// The laws that so many interleavings break.
  private func laws(of program: Program, executions: UInt64) -> Set<String> {
    let run = ControlledRun(cpus: 2, LawBook(.every, isSequential: false, cpus: 2).judge)
    run.policy = Portfolio(only: .pos)
    var laws: Set<String> = []
    for number in 0..<executions {
      if let finding = run.explore(program, Seed(7).derived(number)) { laws.insert(finding.law) }
    }
    return laws
  }

  @Test(arguments: faults)
  func `goes wrong in some interleavings where a fault leaves order out`(fault: Fault) {
    let (expected, program) = Self.program(fault)
    let laws = laws(of: program, executions: 500)
    #expect(!laws.isEmpty)
    #expect(laws.isSubset(of: expected))
  }

  @Test(arguments: faults)
  func `goes right in all of them without the fault`(fault: Fault) {
    var program = Self.program(fault).program
    program.settings = program.settings.withoutFaults
    #expect(laws(of: program, executions: 2_000).isEmpty)
  }

  @Test(arguments: ["tables", "dma"])
  func `breaks no law on threads, nor interleaved`(name: String) throws {
    let workload = try #require(Workload.named(name))
    let generator = ProgramGenerator(workload, cpus: 2, length: 32)
    let book = LawBook(.every, isSequential: false, cpus: 2)
    let free = FreeRun(cpus: 2, book.judge)
    let controlled = ControlledRun(
      cpus: 2, LawBook(.every, isSequential: false, cpus: 2).judge)
    for seed in try Rounds(20) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      #expect(free.run(program) == nil, seed.line())
      #expect(controlled.explore(program, seed) == nil, seed.line())
    }
  }
}
