import Generators
import IOVA
import Invariants

/// Runs programs on one thread and makes those that fail minimal.
final class SequentialHunt {
  let generator: ProgramGenerator
  let book: LawBook
  private let run: SequentialRun
  private var source = ChoiceSource(seed: Seed(0))
  /// Failures that happen without the fault as well, in the setting in which it lived.
  private(set) var unblamed = 0

  init(_ plan: RunPlan) {
    generator = plan.generator
    book = LawBook(
      plan.diligence, isSequential: true, cpus: max(plan.threads, ProgramGenerator.mostCPUs),
      except: plan.exceptions)
    run = SequentialRun(book.judge)
  }

  var commandCount: UInt64 { run.commandCount }

  /// Draws and runs one program; returns its choices if it fails.
  func attempt(_ seed: Seed) -> (choices: ChoiceSequence, finding: Finding)? {
    source.reset(seed: seed)
    let program = generator.draw(from: &source)
    return judge(program).map { (source.choices, $0) }
  }

  /// Runs a program; a failure counts only if the faults that are switched on are to blame.
  func judge(_ program: Program) -> Finding? {
    guard let finding = run.run(program) else { return nil }
    guard !program.settings.faults.isEmpty else { return finding }
    var twin = program
    twin.settings = program.settings.withoutFaults
    if run.run(twin)?.law == finding.law {
      unblamed += 1
      return nil
    }
    return finding
  }

  /// Short programs that are tried in a row before the best is believed to be the shortest.
  static let shortPrograms = 20_000
  /// Further failures that are made minimal, and programs that are drawn to find them.
  static let restarts = 12
  static let restartPrograms = 3000
  /// Up to so many commands short programs drawn at random are as good as all of them.
  static let shortLength = 3

  /// The simplest program that breaks the same law.
  ///
  /// Editing choices ends in a local minimum, so further failures of the same law are made minimal
  /// too, and short programs are drawn afresh until none of many is shorter. The same seed gives
  /// the same answer, unless it is stopped.
  func shrink(_ choices: ChoiceSequence, seed: Seed, stopping: () -> Bool) -> Counterexample? {
    guard var best = simplest(choices, generator, stopping) else { return nil }
    var original = ChoiceSource(replaying: choices)
    let before = generator.draw(from: &original).commands.count
    var restarts = 0
    for number in 1...UInt64(Self.restartPrograms) {
      if restarts >= Self.restarts || best.commands.count <= Self.shortLength || stopping() {
        break
      }
      source.reset(seed: seed.derived(number))
      let program = generator.draw(from: &source)
      guard judge(program)?.law == best.finding.law else { continue }
      restarts += 1
      improve(&best, generator, stopping)
    }
    var number = UInt64(Self.restartPrograms)
    var failed = 0
    while best.commands.count > 0, failed < Self.shortPrograms, !stopping() {
      var short = generator
      short.length = UInt64(best.commands.count) + 1
      number += 1
      source.reset(seed: seed.derived(number))
      let program = short.draw(from: &source)
      let isShorter =
        program.commands.count < best.commands.count && judge(program)?.law == best.finding.law
      failed = isShorter && improve(&best, short, stopping) ? 0 : failed + 1
    }
    return counterexample(
      Program(best.settings, best.commands), before: before, evaluations: evaluations)
  }

  /// A failing program without the commands that were skipped.
  private struct Minimum {
    var settings: ProgramSettings
    var commands: [Command]
    var finding: Finding
  }

  /// Makes the program in the source minimal, and keeps it if it is shorter than the best.
  @discardableResult
  private func improve(
    _ best: inout Minimum, _ generator: ProgramGenerator, _ stopping: () -> Bool
  ) -> Bool {
    guard let other = simplest(source.choices, generator, stopping),
      other.finding.law == best.finding.law, other.commands.count < best.commands.count
    else { return false }
    best = other
    return true
  }

  /// Programs run to make failures minimal.
  private var evaluations = 0

  private func simplest(
    _ choices: ChoiceSequence, _ generator: ProgramGenerator, _ stopping: () -> Bool
  ) -> Minimum? {
    let result = Shrinker().shrink(choices, shouldStop: stopping) { source in
      self.judge(generator.draw(from: &source))?.law
    }
    evaluations += result.statistics.evaluations
    guard result.failure != nil else { return nil }
    var minimal = ChoiceSource(replaying: result.minimal)
    let program = generator.draw(from: &minimal)
    let (steps, finding) = run.transcript(program)
    return finding.map {
      let commands = steps.filter { !$0.isEnding }.map(\.command)
      return Minimum(settings: program.settings, commands: commands, finding: $0)
    }
  }

  /// Runs a program once more and keeps what it did; nil if it does not fail.
  func counterexample(_ program: Program, before: Int, evaluations: Int) -> Counterexample? {
    let (steps, finding) = run.transcript(program)
    guard let finding else { return nil }
    let commands = steps.filter { !$0.isEnding }.map(\.command)
    let kept = Program(program.settings, commands).renumbered
    // Skipped commands are gone; what is left must fail in the same way, or the program is kept
    // whole.
    let again = run.transcript(kept)
    let isSame = again.finding?.law == finding.law
    return Counterexample(
      finding: isSame ? again.finding! : finding, program: isSame ? kept : program,
      steps: isSame ? again.steps : steps, commandsBefore: before, evaluations: evaluations)
  }
}

/// A minimal failing program, and what it did.
struct Counterexample {
  var finding: Finding
  var program: Program
  var steps: [SequentialRun.Step]
  /// Commands of the program that was found.
  var commandsBefore: Int
  /// Programs run to make it minimal.
  var evaluations: Int
}
