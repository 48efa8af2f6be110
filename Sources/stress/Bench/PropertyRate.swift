import Generators
import IOVA
import Invariants

/// How many commands a second a property over the sequential allocator runs, including drawing.
enum PropertyRate {
  private static let time = Duration.seconds(2)

  static func measure() -> String {
    let book = LawBook(.every, isSequential: true, cpus: ProgramGenerator.mostCPUs)
    let run = SequentialRun(book)
    let generator = ProgramGenerator(length: 512)
    let clock = ContinuousClock()
    let begin = clock.now
    var source = ChoiceSource(seed: Seed(1))
    var round: UInt64 = 0
    var commands = 0
    while clock.now - begin < time {
      round += 1
      source.reset(seed: Seed(1).derived(round))
      let program = generator.draw(from: &source)
      _ = run.run(program)
      commands += program.commands.count
    }
    let rate = Double(commands) / ((clock.now - begin) / .seconds(1))
    return "\(BenchResult.rounded(rate / 1_000_000, digits: 2)) million commands/s  "
      + "a property over the sequential allocator, all laws on"
  }
}
