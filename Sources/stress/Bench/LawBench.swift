import Generators
import IOVA
import Invariants

/// What the laws cost: the default workload with laws at every release, and without.
enum LawBench {
  /// Time for each number of threads.
  private static let slice = Duration.seconds(5)

  static func run() -> [String] {
    var lines: [String] = []
    for cpus in [1, 2, 4] where !Signals.endIsRequested {
      let (commands, with, without) = measure(cpus)
      lines.append(
        "laws  \(cpus) thread\(cpus == 1 ? " " : "s")  "
          + "every release \(rate(commands, with).grouped) commands/s, "
          + "no laws \(rate(commands, without).grouped) commands/s, ratio "
          + BenchResult.rounded(with / without, digits: 2))
    }
    return lines
  }

  private static func rate(_ commands: Int, _ time: Duration) -> Int {
    Int(Double(commands) / (time / .seconds(1)))
  }

  /// Draws programs of the default workload as `stress run` does, and runs each with laws and
  /// without: programs differ in what they cost by more than laws do.
  private static func measure(_ cpus: Int) -> (commands: Int, with: Duration, without: Duration) {
    var options = RunOptions()
    options.threads = cpus
    let plan = RunPlan(options, seed: Seed(1))
    let book = LawBook(.every, isSequential: cpus == 1, cpus: max(cpus, ProgramGenerator.mostCPUs))
    let judged = runner(cpus, book)
    let unjudged = runner(cpus, .none)
    let clock = ContinuousClock()
    var source = ChoiceSource(seed: plan.seed)
    var (commands, with, without, round) = (0, Duration.zero, Duration.zero, 0)
    while with + without < slice, !Signals.endIsRequested {
      round += 1
      source.reset(seed: plan.seed(ofRound: round))
      let program = plan.generator.draw(from: &source)
      for _ in 0..<(cpus == 1 ? 1 : Campaign.runsPerProgram) {
        with += clock.measure { judged(program) }
        without += clock.measure { unjudged(program) }
        commands += program.commands.count
      }
    }
    return (commands, with, without)
  }

  private static func runner(_ cpus: Int, _ judge: Judge) -> (Program) -> Void {
    if cpus == 1 {
      let run = SequentialRun(judge)
      return { _ = run.run($0) }
    }
    let run = FreeRun(cpus: cpus, judge)
    return { _ = run.run($0) }
  }
}
