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
  private let run: ControlledRun

  /// A converter of programs of so many CPUs.
  init(_ plan: RunPlan, cpus: Int) {
    let book = LawBook(.every, isSequential: false, cpus: cpus, except: plan.exceptions)
    run = ControlledRun(cpus: cpus, book.judge)
  }

  /// Runs the same commands under one schedule after the other until the law breaks, and makes
  /// that minimal; nil if it does not, or is stopped.
  ///
  /// A failure counts only if the program's faults are to blame.
  func convert(
    _ program: Program, law: String, seed: Seed, stopping: () -> Bool
  ) -> Conversion? {
    run.policy = Portfolio()
    var executions = 0
    while !stopping() {
      executions += 1
      let own = seed.derived(UInt64(executions))
      let (finding, trace) = run.tracing { run.explore(program, own) }
      if run.policy.isComplete, finding == nil { return nil }
      guard finding?.law == law else { continue }
      let finder = run.lastFinder
      let result = ProgramShrinker().shrink(
        program, trace.schedule, on: run, shouldStop: stopping)
      guard let result else { continue }
      return Conversion(
        counterexample: Counterexample(result, run), executions: executions, finder: finder)
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
    Converter(plan, cpus: program.settings.cpus)
      .convert(program, law: law, seed: seed, stopping: stopping)
  }
}
