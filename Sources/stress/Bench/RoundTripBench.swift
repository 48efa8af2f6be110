import Foundation
import Generators
import IOVA

/// Whether `stress replay` repeats what a run saves: each fault is hunted, its case saved, and the
/// file replayed, in processes of their own.
enum RoundTripBench {
  /// The outcome of one saved case, by the first words of its replay.
  private enum Outcome: String, CaseIterable {
    case exact, adapted
    case found = "found again"
    case gone
    /// None of these: it could not be read, or broke its law on threads only.
    case other = "unreadable"
  }

  /// The saved cases of one fault.
  private struct Row {
    let fault: Fault
    var saved = 0
    var outcomes: [Outcome: Int] = [:]
    /// What was not as it should be.
    var troubles: [String] = []

    var isAsExpected: Bool { outcomes[.exact] == RoundTripBench.seeds && troubles.isEmpty }

    var cells: [String] {
      [fault.name, "\(saved)"] + Outcome.allCases.map { "\(outcomes[$0] ?? 0)" }
        + [isAsExpected ? "" : "NOT as expected: " + troubles.joined(separator: "; ")]
    }
  }

  private static let seeds = 5

  private static let table = Table(
    columns: [
      .text("fault", width: Fault.allCases.map(\.name.count).max() ?? 0), .number("saved"),
    ] + Outcome.allCases.map { .number($0.rawValue) } + [.text()])

  /// Prints a row for each fault; false if any is not as expected.
  static func run(_ faults: [Fault], _ print: (String) -> Void) -> Bool {
    print(table.heading)
    var wrong = 0
    for fault in faults where !Signals.endIsRequested {
      var row = Row(fault: fault)
      for seed in 1...UInt64(seeds) where !Signals.endIsRequested {
        add(Seed(seed), to: &row)
      }
      print(table.text(of: row.cells))
      if !row.isAsExpected { wrong += 1 }
    }
    print("\(faults.count - wrong) of \(faults.count.of("fault")) replay exactly from each seed")
    return wrong == 0
  }

  private static func add(_ seed: Seed, to row: inout Row) {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("cases-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let hunt = FaultHunt(row.fault, seed: seed, time: FaultBench.time, cases: folder.path)
    guard let name = try? FileManager.default.contentsOfDirectory(atPath: folder.path).first else {
      row.troubles.append("seed \(seed): \(hunt.trouble ?? "nothing saved")")
      return
    }
    row.saved += 1
    let replay = ChildProcess(["replay", folder.appendingPathComponent(name).path])
    let outcome =
      Outcome.allCases.first { replay?.output.hasPrefix($0.rawValue) ?? false } ?? .other
    row.outcomes[outcome, default: 0] += 1
    if outcome != .exact || replay?.status != ExitStatus.lawBroken.rawValue {
      let status = replay?.status.map { "exit status \($0)" } ?? "crashed"
      row.troubles.append("seed \(seed): \(outcome.rawValue), \(status)")
    }
  }
}
