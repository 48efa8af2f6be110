import Generators
import IOVA
import Invariants

/// A failure of real threads, converted into one that repeats.
struct Conversion {
  let counterexample: Counterexample
  /// Executions of the same commands until the law broke again.
  let executions: Int
  /// The policy that found it.
  let finder: String
}

/// Searches the interleavings of a program that broke a law on real threads, and of parts of it.
///
/// Only one CPU runs at a time, so what breaks the law repeats, and can be made minimal.
struct Converter {
  private let law: String
  private let all: ControlledRun
  /// Judges only the law in question, since another one may break earlier.
  private let alone: ControlledRun
  /// Whether the law is judged at rest.
  private let isOfRest: Bool

  /// Programs of threads are long: their replays are limited by time.
  private static let replayLimit = 20_000

  /// A converter for failures of one law, in programs of `cpus` CPUs.
  init(_ plan: RunPlan, law: String, cpus: Int) {
    self.law = law
    let book = LawBook(.every, isSequential: false, cpus: cpus, except: plan.exceptions)
    let others = Set(Law.all.filter { $0.name != law })
    let narrow = LawBook(.every, isSequential: false, cpus: cpus, except: others)
    all = ControlledRun(cpus: cpus, book)
    alone = ControlledRun(cpus: cpus, narrow)
    let moment = Law.named(law)?.holds
    isOfRest = moment == .atRest || moment == .whenQuiet
  }

  /// Runs parts of the same commands under one schedule after another until the law breaks, and
  /// makes that minimal; nil if it does not break, or the search is stopped.
  ///
  /// A failure counts only if the program's faults are to blame.
  ///
  /// - Parameter begun: for each CPU, how many commands had begun when the law broke, without those
  ///   that run in order.
  /// - Parameter shrinkingStops: whether to stop making the failure smaller.
  func convert(
    _ program: Program, begun: [Int], seed: Seed, shrinkingStops: () -> Bool,
    stopping: () -> Bool
  ) -> Conversion? {
    var cuts = ProgramCuts(program, begun: begun)
    let endsTell = isOfRest || cuts.endAtRest
    var (executions, turns) = (0, 0)
    while !stopping() {
      let run = turns % 2 == 0 ? all : alone
      // Judging an ending in full takes longer than a short program.
      run.endsBriefly = !endsTell || turns / 2 % 2 == 0
      turns += 1
      let cut = cuts.draw(seed.derived(UInt64(executions)))
      for _ in 0..<cut.repeats where !stopping() {
        executions += 1
        let own = seed.derived(UInt64(executions))
        let found = run.tracing { run.explore(cut.program, own) }
        guard found.finding?.law == law else { continue }
        let result = ProgramShrinker(replayLimit: Self.replayLimit)
          .shrink(cut.program, found.trace.schedule, on: run, shouldStop: shrinkingStops)
        guard let result, let counterexample = Counterexample(result, run) else { break }
        return Conversion(
          counterexample: counterexample, executions: executions, finder: found.finder)
      }
    }
    return nil
  }
}

extension Hunt {
  /// Converts a failure of real threads into one that repeats, from the same commands; nil if none
  /// of the interleavings tried breaks the law.
  ///
  /// - Parameter begun: for each CPU, how many commands had begun when the law broke, without those
  ///   that run in order.
  /// - Parameter shrinkingStops: whether to stop making the failure smaller.
  static func convert(
    _ program: Program, begun: [Int], law: String, plan: RunPlan, seed: Seed,
    shrinkingStops: () -> Bool, stopping: () -> Bool
  ) -> Conversion? {
    Converter(plan, law: law, cpus: program.settings.cpus)
      .convert(
        program, begun: begun, seed: seed, shrinkingStops: shrinkingStops, stopping: stopping)
  }
}
