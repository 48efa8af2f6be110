import Generators
import IOVA
import Invariants

/// What the laws cost: the default workload with laws at every release, and without.
enum LawBench {
  /// Time of one measurement; several are made in turn, since the machine's speed drifts.
  private static let slice = Duration.milliseconds(500)
  private static let repeats = 5

  static func run() -> [String] {
    var lines: [String] = []
    for cpus in [1, 2, 4] {
      var rates: (with: [Double], without: [Double]) = ([], [])
      for _ in 0..<repeats where !Signals.endIsRequested {
        rates.with.append(commandsPerSecond(cpus, isJudged: true))
        rates.without.append(commandsPerSecond(cpus, isJudged: false))
      }
      guard !rates.without.isEmpty else { return lines }
      let (with, without) = (median(rates.with), median(rates.without))
      lines.append(
        "laws  \(cpus) thread\(cpus == 1 ? " " : "s")  "
          + "every release \(Int(with).grouped) commands/s, "
          + "no laws \(Int(without).grouped) commands/s, ratio "
          + BenchResult.rounded(without / with, digits: 2))
    }
    return lines
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// Draws and runs programs of the default workload as `stress run` does.
  private static func commandsPerSecond(_ cpus: Int, isJudged: Bool) -> Double {
    var options = RunOptions()
    options.threads = cpus
    let plan = RunPlan(options, seed: Seed(1))
    let book = LawBook(.every, isSequential: cpus == 1, cpus: max(cpus, ProgramGenerator.mostCPUs))
    let judge = isJudged ? book.judge : Judge.none
    let sequential = SequentialRun(judge)
    let free = FreeRun(cpus: cpus, judge)
    let clock = ContinuousClock()
    let begin = clock.now
    var source = ChoiceSource(seed: plan.seed)
    var commands = 0
    var round = 0
    while clock.now - begin < slice {
      round += 1
      source.reset(seed: plan.seed(ofRound: round))
      let program = plan.generator.draw(from: &source)
      for _ in 0..<(cpus == 1 ? 1 : Campaign.runsPerProgram) {
        _ = cpus == 1 ? sequential.run(program) : free.run(program)
        commands += program.commands.count
      }
    }
    return Double(commands) / ((clock.now - begin) / .seconds(1))
  }
}
