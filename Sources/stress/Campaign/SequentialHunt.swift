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

  init(_ generator: ProgramGenerator, _ diligence: LawBook.Diligence) {
    self.generator = generator
    book = LawBook(
      diligence, isSequential: true, cpus: max(generator.cpus ?? 0, ProgramGenerator.mostCPUs))
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

  /// The simplest program that breaks the same law.
  func shrink(_ choices: ChoiceSequence, stopping: () -> Bool) -> Counterexample? {
    let result = Shrinker().shrink(choices, shouldStop: stopping) { source in
      self.judge(self.generator.draw(from: &source))?.law
    }
    guard result.failure != nil else { return nil }
    var original = ChoiceSource(replaying: choices)
    var minimal = ChoiceSource(replaying: result.minimal)
    let before = generator.draw(from: &original)
    return counterexample(
      generator.draw(from: &minimal), before: before.commands.count,
      evaluations: result.statistics.evaluations)
  }

  /// Runs a program once more and keeps what it did; nil if it does not fail.
  func counterexample(_ program: Program, before: Int, evaluations: Int) -> Counterexample? {
    let (steps, finding) = run.transcript(program)
    guard let finding else { return nil }
    let kept = Program(program.settings, steps.map(\.command)).renumbered
    // Skipped commands are gone; what is left must fail in the same way, or the program is kept whole.
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
