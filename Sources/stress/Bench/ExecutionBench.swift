import Generators
import IOVA
import Invariants

/// Executions a second of interleaved programs on one core: drawing, machine, laws and all.
enum ExecutionBench {
  private static let time = Duration.seconds(2)

  static func run() -> [String] { ControlledRun.carriers.map(measure) }

  /// 3 CPUs and about 12 commands, all laws at every step.
  private static func measure(_ carrier: CarrierKind) -> String {
    let book = LawBook(.every, isSequential: false, cpus: 3)
    let run = ControlledRun(cpus: 3, book.judge, carrier: carrier)
    let generator = ProgramGenerator(cpus: 3, length: 12)
    let clock = ContinuousClock()
    let begin = clock.now
    var source = ChoiceSource(seed: Seed(1))
    var executions: UInt64 = 0
    while clock.now - begin < time {
      executions += 1
      source.reset(seed: Seed(1).derived(executions))
      _ = run.run(generator.draw(from: &source), &source)
    }
    let rate = Double(executions) / ((clock.now - begin) / .seconds(1))
    return "executions: \(carrier.rawValue): \(Int(rate).grouped) a second, "
      + BenchResult.rounded(Double(run.commandCount) / Double(executions), digits: 1)
      + " commands and "
      + BenchResult.rounded(Double(run.switchCount) / Double(executions), digits: 1)
      + " switches each"
  }
}
