import Generators
import IOVA
import Invariants
import Testing

/// The states of a domain while CPUs are interleaved.
@Suite struct `The states of an execution` {
  @Test(arguments: Workload.all.filter { $0.scale == .small }.map(\.name))
  func `are the same on every carrier, twice, and change nothing`(name: String) throws {
    let workload = try #require(Workload.named(name))
    let generator = ProgramGenerator(workload, cpus: 3, length: 12)
    let book = LawBook(.every, isSequential: false, cpus: 3)
    let runs = ControlledRun.carriers.map { ControlledRun(cpus: 3, book, carrier: $0) }
    for seed in try Rounds(6) {
      var drawing = ChoiceSource(seed: seed)
      let program = generator.draw(from: &drawing)
      func states(_ run: ControlledRun) -> [String] {
        var source = ChoiceSource(seed: seed)
        var finding: Finding?
        let lines = run.states(program) {
          let execution = run.run(program, &source)
          finding = execution.finding
          return execution
        }.lines
        return lines + [finding?.law ?? "lawful"]
      }
      let expected = states(runs[0])
      #expect(expected.last == "lawful", seed.line())
      #expect(expected.count > 2, seed.line())
      for run in runs { #expect(states(run) == expected, seed.line()) }
    }
  }
}
