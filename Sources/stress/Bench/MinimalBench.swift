import Foundation
import Generators
import IOVA
import Invariants

/// Whether anything can be taken out of the cases that a default run reports.
///
/// A judge of its own: it strikes single things out of the text of a case (`CaseText`), and
/// searches for an interleaving in which the same law breaks first, with the fault and not without
/// it.
enum MinimalBench {
  /// The results of the seeds of one fault.
  private struct Row {
    let fault: Fault
    var cases = 0
    var missing = 0
    /// How many cases could lose a part, by kind.
    var losses: [CaseText.Part: Int] = [:]
    var switches = 0
    /// Cases that could lose anything, and an example.
    var faulty = 0
    var example: String?

    var cells: [String] {
      [fault.name, "\(cases)"] + CaseText.Part.allCases.prefix(2).map { "\(losses[$0] ?? 0)" }
        + ["\(switches)"] + CaseText.Part.allCases.dropFirst(2).map { "\(losses[$0] ?? 0)" }
        + [(example ?? "") + (missing > 0 ? " (\(missing) seeds without a case)" : "")]
    }
  }

  /// For each fault, unless more are asked for: 20 of them take an hour.
  static let seeds = 3
  /// The time for a run to find a case.
  private static let time = Duration.seconds(60)
  /// Interleavings of the rest that are tried, both drawn and enumerated ones.
  private static let interleavings = 500

  static let names = Fault.allCases.map { "minimal-\($0.name)" }

  /// The faults that such a name selects.
  static func faults(_ name: String) -> [Fault] {
    zip(names, Fault.allCases).filter { $0.0 == name }.map(\.1)
  }

  private static let table = Table(columns: [
    .text("fault", width: Fault.allCases.map(\.name.count).max() ?? 0), .number("cases"),
    .number("command"), .number("CPU"), .number("switch"), .number("setting"), .number("unit"),
    .text("for example"),
  ])

  /// Prints a row for each fault: how many of its cases could lose what; false if any could.
  static func run(_ faults: [Fault], seeds: Int, _ print: (String) -> Void) -> Bool {
    print(table.heading)
    var (cases, faulty) = (0, 0)
    for fault in faults where !Signals.endIsRequested {
      var row = Row(fault: fault)
      for seed in 1...UInt64(seeds) where !Signals.endIsRequested {
        guard let file = find(fault, Seed(seed)) else {
          row.missing += 1
          continue
        }
        judge(file, Seed(seed), &row)
      }
      print(table.text(of: row.cells))
      cases += row.cases
      faulty += row.faulty
    }
    print("minimal: \(faulty) of \(cases) cases can lose anything")
    return faulty == 0
  }

  /// The case that a default run saves; nil if it finds none that repeats.
  private static func find(_ fault: Fault, _ seed: Seed) -> ProgramCase? {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("minimal-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let child = ChildProcess([
      "run", "--fault", fault.name, "--seed", "\(seed)", "--for", time.text, "--cases",
      folder.path, "--quiet",
    ])
    guard child?.status == ExitStatus.lawBroken.rawValue,
      let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path),
      let name = files.sorted().first,
      let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8),
      let file = try? ProgramCase(text), file.mode != .free
    else { return nil }
    return file
  }

  // MARK: A case

  private static func judge(_ file: ProgramCase, _ seed: Seed, _ row: inout Row) {
    row.cases += 1
    let judge = CaseJudge(file, interleavings: interleavings)
    var words: [String] = []
    for part in CaseText.Part.allCases {
      let loss = CaseText(file).edits.first { $0.part == part && judge.breaks($0.file.program) }
      guard let loss else { continue }
      row.losses[part, default: 0] += 1
      words.append(loss.words)
    }
    if judge.breaksWithFewerSwitches {
      row.switches += 1
      words.append("fewer switches")
    }
    guard let first = words.first else { return }
    row.faulty += 1
    if row.example == nil { row.example = "seed \(seed): \(first)" }
  }
}

/// Whether programs break the law of a case.
private struct CaseJudge {
  private let file: ProgramCase
  private let law: String
  private let interleavings: Int
  private let inOrder: SequentialRun
  private let interleaved: ControlledRun
  /// Whether the law is judged at rest.
  private let isOfRest: Bool

  init(_ file: ProgramCase, interleavings: Int) {
    self.file = file
    self.interleavings = interleavings
    law = file.finding.law
    let cpus = file.program.settings.cpus
    let isSequential = file.mode == .sequential
    let book = LawBook(.every, isSequential: isSequential, cpus: cpus)
    inOrder = SequentialRun(book)
    interleaved = ControlledRun(cpus: cpus, book)
    let moment = Law.named(law)?.holds
    isOfRest = moment == .atRest || moment == .whenQuiet
  }

  /// Whether a program breaks the law in any interleaving that is tried.
  func breaks(_ program: Program) -> Bool {
    if file.mode == .sequential {
      return inOrder.run(program)?.law == law && inOrder.run(Self.twin(program))?.law != law
    }
    return breaks(program, Portfolio()) { _ in true }
  }

  /// Whether the program of the case breaks the law with fewer switches.
  var breaksWithFewerSwitches: Bool {
    guard file.mode == .controlled else { return false }
    let run = interleaved
    let trace = run.tracing { run.replay(file.program, file.script) }.trace
    let switches = trace.schedule.switches
    guard switches > 0 else { return false }
    return [Portfolio(only: .exhaustive, preemptions: switches - 1), Portfolio()].contains {
      breaks(file.program, $0) { $0.switches < switches }
    }
  }

  private func breaks(
    _ program: Program, _ policy: Portfolio, _ isLess: (Schedule) -> Bool
  ) -> Bool {
    let run = interleaved
    run.policy = policy
    for number in 0..<interleavings {
      let seed = Seed(77).derived(UInt64(number))
      let execution =
        isOfRest ? run.tracing { run.explore(program, seed) } : run.explore(program, seed)
      if execution.finding?.law == law {
        let again = run.tracing { run.again(program, seed) }
        let schedule = again.trace.schedule
        if again.finding?.law == law, isLess(schedule),
          run.replay(Self.twin(program), schedule).finding?.law != law
        {
          return true
        }
      }
      // What an enumeration leaves out only locks tell apart; the other policies go on, if any.
      if policy.exhaustive.preemptions != nil, execution.hasTriedAll { return false }
    }
    return false
  }

  private static func twin(_ program: Program) -> Program {
    var twin = program
    twin.settings = program.settings.withoutFaults
    return twin
  }
}
