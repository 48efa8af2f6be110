import Generators
import IOVA
import Invariants

/// Executions a second of interleaved programs on one core, with all laws at every step: by the
/// clock, and by the CPU time of the process.
enum ExecutionBench {
  private static let time = Duration.seconds(2)
  /// Schedules under which a drawn program is run.
  private static let schedules: UInt64 = 16

  /// The row of one program on one carrier each: `executions-ownSwitch`.
  static let names = ControlledRun.carriers.map { "executions-\($0.rawValue)" }

  /// - Parameter name: one of `names`, for that row; any other for all rows.
  static func run(_ name: String) -> [String] {
    for (row, carrier) in zip(names, ControlledRun.carriers) where row == name {
      return [measureOne(carrier)]
    }
    return ControlledRun.carriers.flatMap { [measureOne($0), measureDrawn($0)] }
  }

  private static func measureOne(_ carrier: CarrierKind) -> String {
    measure(carrier, "one program of 3 CPUs × 4 commands") { run, number in
      _ = run.explore(StepBench.program, Seed(1).derived(number))
    }
  }

  private static func measureDrawn(_ carrier: CarrierKind) -> String {
    let generator = ProgramGenerator(cpus: 3, length: 12)
    var source = ChoiceSource(seed: Seed(1))
    var drawn: Program?
    return measure(carrier, "a program drawn for every \(schedules)") { run, number in
      if number % schedules == 0 || drawn == nil {
        source.reset(seed: Seed(1).derived(number))
        drawn = generator.draw(from: &source)
      }
      if let drawn { _ = run.explore(drawn, Seed(2).derived(number)) }
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
    let spent = CPUTime.now
    var executions: UInt64 = 0
    while clock.now - begin < time {
      for _ in 0..<16 {
        body(run, executions)
        executions += 1
      }
    }
    // As long as others run on the same cores, only the second one can be compared.
    let rate = Double(executions) / ((clock.now - begin) / .seconds(1))
    let rateOfCore = Double(executions) / ((CPUTime.now - spent) / .seconds(1))
    func each(_ count: UInt64) -> String {
      BenchResult.rounded(Double(count) / Double(executions), digits: 1)
    }
    return "executions: \(carrier.rawValue), \(name): \(Int(rate).grouped) a second, "
      + "\(Int(rateOfCore).grouped) a second of CPU time, "
      + "\(each(run.commandCount)) commands, \(each(run.stepCount)) steps and "
      + "\(each(run.switchCount)) switches each"
  }
}
