import Generators
import IOVA
import Invariants
import Testing

/// Devices and drivers on two CPUs.
@Suite struct `A mapping beside others` {
  @Test(arguments: ["tables", "dma", "s390"])
  func `breaks no law on threads, nor interleaved`(name: String) throws {
    let workload = try #require(Workload.named(name))
    let generator = ProgramGenerator(workload, cpus: 2, length: 32)
    let book = LawBook(.every, isSequential: false, cpus: 2)
    let free = FreeRun(cpus: 2, book)
    let controlled = ControlledRun(
      cpus: 2, LawBook(.every, isSequential: false, cpus: 2))
    for seed in try Rounds(20) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      #expect(free.run(program) == nil, seed.line())
      #expect(controlled.explore(program, seed).finding == nil, seed.line())
    }
  }
}
