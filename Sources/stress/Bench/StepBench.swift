import Generators
import IOVA
import Invariants

/// The cost of a short program on one thread, without a conductor: its commands, the supervision,
/// the laws, and the reset of the domain.
enum StepBench {
  private static let repeats = 200_000
  private static let rounds = 5

  static func run() -> [String] {
    let full = program
    let empty = Program(full.settings)
    let count = Double(full.commands.count)
    return kinds.map { name, judge in
      let base = best(RepeatedRun(judge), empty)
      let whole = best(RepeatedRun(judge), full)
      return "steps: \(name): \(BenchResult.rounded(whole, digits: 0)) ns an execution, "
        + "\(BenchResult.rounded((whole - base) / count, digits: 1)) ns a command, "
        + "\(BenchResult.rounded(base, digits: 0)) ns without any command"
    }
  }

  private static var kinds: [(String, Judge)] {
    let book = LawBook(.every, isSequential: false, takesTurns: true, cpus: 3)
    // The base class is told everything, and does nothing.
    return [("bare", .none), ("supervised", Judge()), ("laws", book)]
  }

  /// 3 CPUs with 4 commands each, in turn.
  static let program: Program = {
    var settings = ProgramSettings()
    settings.cpus = 3
    settings.magazineCapacity = 3
    let limit = PFN(63)
    let rows: [(Int) -> Command.Action] = [
      { .allocateFast(Handle($0), pages: 1, limit: limit, flush: false) },
      { .allocate(Handle(3 + $0), pages: 2, limit: limit, aligned: true) },
      { .freeFast(Handle($0)) },
      { .free(Handle(3 + $0)) },
    ]
    return Program(
      settings, rows.flatMap { row in (0..<3).map { Command(row($0), on: CPU($0)) } })
  }()

  /// Nanoseconds for one execution; the best of several measurements.
  private static func best(_ run: RepeatedRun, _ program: Program) -> Double {
    let clock = ContinuousClock()
    var best = Double.infinity
    for _ in 0..<rounds where !Signals.endIsRequested {
      let begin = clock.now
      precondition(run.run(program, repeats: repeats), "the program of the bench breaks a law")
      best = min(best, (clock.now - begin) / .nanoseconds(1) / Double(repeats))
    }
    return best
  }
}
