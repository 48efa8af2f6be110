import Generators
import IOVA
import Invariants

/// Executions a second of interleaved programs on one core, with all laws at every step.
enum ExecutionBench {
  private static let time = Duration.seconds(2)
  /// Schedules under which a drawn program is run.
  private static let schedules: UInt64 = 16

  static func run() -> [String] {
    let generator = ProgramGenerator(cpus: 3, length: 12)
    var source = ChoiceSource(seed: Seed(1))
    var drawn: Program?
    return ControlledRun.carriers.flatMap { carrier in
      [
        measure(carrier, "one program of 3 CPUs × 4 commands") { run, number in
          _ = run.explore(StepBench.program, Seed(1).derived(number))
        },
        measure(carrier, "a program drawn for every \(schedules)") { run, number in
          if number % schedules == 0 || drawn == nil {
            source.reset(seed: Seed(1).derived(number))
            drawn = generator.draw(from: &source)
          }
          if let drawn { _ = run.explore(drawn, Seed(2).derived(number)) }
        },
      ]
    }
  }

  private static func measure(
    _ carrier: CarrierKind, _ name: String, _ body: (ControlledRun, UInt64) -> Void
  ) -> String {
    let book = LawBook(
      .every, isSequential: false, takesTurns: ControlledRun.takesTurns, cpus: 3)
    let run = ControlledRun(cpus: 3, book.judge, carrier: carrier)
    let clock = ContinuousClock()
    let begin = clock.now
    var executions: UInt64 = 0
    while clock.now - begin < time {
      for _ in 0..<16 {
        body(run, executions)
        executions += 1
      }
    }
    let rate = Double(executions) / ((clock.now - begin) / .seconds(1))
    func each(_ count: UInt64) -> String {
      BenchResult.rounded(Double(count) / Double(executions), digits: 1)
    }
    return "executions: \(carrier.rawValue), \(name): \(Int(rate).grouped) a second, "
      + "\(each(run.commandCount)) commands, \(each(run.stepCount)) steps and "
      + "\(each(run.switchCount)) switches each"
  }
}
