import Generators
import Invariants

/// A second execution of an interleaved failure, before it is printed: what is printed must be
/// what anybody sees who replays the case.
struct Repetition {
  let plan: RunPlan

  init(_ plan: RunPlan) { self.plan = plan }

  /// Where a second execution, under the schedule in words that a case holds, differs in a byte
  /// from the one that is to be printed; nil if it does not, or the program ran in order.
  func difference(_ counterexample: Counterexample) -> String? {
    guard let script = counterexample.script else { return nil }
    let program = counterexample.program
    let cpus = program.settings.cpus
    let book = LawBook(
      plan.diligence, isSequential: false, cpus: cpus, except: plan.exceptions)
    let run = ControlledRun(cpus: cpus, book.judge)
    guard let again = Counterexample(program, run, script: script) else {
      return "the same schedule broke no law the second time"
    }
    return Self.difference(counterexample.lines, again.lines)
  }

  /// The first line in which two texts differ, and both forms of it.
  static func difference(_ first: [String], _ second: [String]) -> String? {
    if first == second { return nil }
    let end = "its end"
    let index = zip(first, second).enumerated().first { $1.0 != $1.1 }?.offset
      ?? min(first.count, second.count)
    let lines = [first, second].map { index < $0.count ? "\"\($0[index])\"" : end }
    return "line \(index + 1) was \(lines[0]) once, then \(lines[1])"
  }
}

extension Counterexample {
  /// All that was seen, row by row, and what broke.
  fileprivate var lines: [String] {
    rows.map { "\($0.label) \($0.cpu) \($0.text)" } + ["\(finding.law): \(finding.evidence)"]
  }
}
