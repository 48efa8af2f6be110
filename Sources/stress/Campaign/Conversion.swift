import Generators
import IOVA
import Invariants

/// A failure of real threads that became one that repeats.
struct Conversion {
  let counterexample: Counterexample
  /// Executions of the same commands until the law broke again.
  let executions: Int
  /// The policy that found it.
  let finder: String
}

/// Searches the interleavings of a program that broke a law on real threads.
///
/// Only one CPU runs at a time, so that what breaks the law repeats, and becomes minimal.
struct Converter {
  private let law: String
  private let all: ControlledRun
  /// Judges by the law in question alone, since another one may break earlier.
  private let alone: ControlledRun

  /// Commands that are left of a long program in most executions: many short ones see more orders
  /// of what comes first than a few long ones.
  private static let lengths = [Int.max, 64, 512]
  /// Executions in a row that are judged by all laws, and by the one.
  private static let turn = 6

  /// Programs of threads are long: it is time that limits their replays.
  private static let replayLimit = 20_000

  /// A converter of failures of one law, in programs of so many CPUs.
  init(_ plan: RunPlan, law: String, cpus: Int) {
    self.law = law
    let book = LawBook(.every, isSequential: false, cpus: cpus, except: plan.exceptions)
    let others = Set(Law.all.filter { $0.name != law })
    let narrow = LawBook(.every, isSequential: false, cpus: cpus, except: others)
    all = ControlledRun(cpus: cpus, book.judge)
    alone = ControlledRun(cpus: cpus, narrow.judge)
  }

  /// Runs the same commands under one schedule after the other until the law breaks, and makes
  /// that minimal; nil if it does not, or is stopped.
  ///
  /// A failure counts only if the program's faults are to blame.
  func convert(_ program: Program, seed: Seed, stopping: () -> Bool) -> Conversion? {
    var executions = 0
    while !stopping() {
      let run = executions / Self.turn % 2 == 0 ? all : alone
      let length = Self.lengths[executions % Self.lengths.count]
      executions += 1
      var start = program
      let kept = min(program.commands.count, max(length, program.prefixCount))
      start.commands.removeSubrange(kept...)
      let own = seed.derived(UInt64(executions))
      let (finding, trace) = run.tracing { run.explore(start, own) }
      if length == .max, run.policy.isComplete, finding == nil { return nil }
      guard finding?.law == law else { continue }
      let finder = run.lastFinder
      let result = ProgramShrinker(replayLimit: Self.replayLimit)
        .shrink(start, trace.schedule, on: run, shouldStop: stopping)
      guard let result, let counterexample = Counterexample(result, run) else { continue }
      return Conversion(counterexample: counterexample, executions: executions, finder: finder)
    }
    return nil
  }
}

extension Hunt {
  /// Makes a failure of real threads one that repeats, from the same commands; nil if none of the
  /// interleavings tried breaks the law.
  static func convert(
    _ program: Program, law: String, plan: RunPlan, seed: Seed, stopping: () -> Bool
  ) -> Conversion? {
    Converter(plan, law: law, cpus: program.settings.cpus)
      .convert(program, seed: seed, stopping: stopping)
  }
}
