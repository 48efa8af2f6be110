import Generators
import IOVA
import Invariants

/// A broken law as it is printed: the law, the evidence, a table of what happened, how to see it
/// again; nothing else.
struct FailureReport {
  let counterexample: Counterexample
  /// The policy that found it, if CPUs were interleaved.
  var finder: String?
  /// The command that repeats it, and the file that holds it.
  var replay: String
  var caseFile: String?

  /// Rows printed at most.
  static let maxRows = 40

  var lines: [String] {
    var lines = headline
    lines.append("  \(counterexample.finding.evidence)")
    lines.append("")
    lines.append("  \(size)")
    lines.append("  \(setting)")
    if let finder { lines.append("  found by \(finder)") }
    if let joint = counterexample.joint {
      lines.append("  \(joint.evidence)")
      if let pair = joint.guiltyPair { lines.append("  guilty   \(pair)") }
    }
    lines += table
    lines.append("  replay   \(replay)")
    if let caseFile { lines.append("  or       swift run -c release stress replay \(caseFile)") }
    return lines
  }

  private var headline: [String] {
    let name = counterexample.finding.law
    guard let law = Law.named(name) else { return ["✘ \(name)"] }
    return ["✘ \(name) (\(law.id))", "  law: \(law.statement)"]
  }

  private var size: String {
    let commands = counterexample.program.commands.count
    let cpus = counterexample.program.busyCPUs
    let text =
      "\(commands) command\(commands == 1 ? "" : "s") on \(cpus) CPU\(cpus == 1 ? "" : "s")"
    let switches = counterexample.switches
    let interleaved =
      counterexample.schedule == nil ? "" : ", \(switches) switch\(switches == 1 ? "" : "es")"
    guard counterexample.evaluations > 0 else { return text + interleaved }
    return text + interleaved
      + "    (shrunk from \(counterexample.commandsBefore) in \(counterexample.evaluations) tries)"
  }

  /// The settings that matter, in one line.
  private var setting: String {
    let settings = counterexample.program.settings
    let cache = settings.configuration.revision.cache
    var words = [
      settings.revision.name, "start \(settings.start)", "boundary \(PFN(settings.boundary))",
      "\(settings.cpus) CPU\(settings.cpus == 1 ? "" : "s")",
      "magazines of \(cache.magazineCapacity)",
    ]
    if case .bounded(let most) = cache.depot { words.append("depots of \(most)") }
    if let credit = settings.initialCredit { words.append("memory fails after \(credit) requests") }
    for fault in settings.faults.faults { words.append("fault \(fault.name)") }
    return words.joined(separator: ", ")
  }

  /// One column for each CPU; what came back stands below the command.
  private var table: [String] {
    let rows = counterexample.rows
    guard !rows.isEmpty else { return ["  (making and ending a domain is enough)"] }
    let cpus = Set(rows.map(\.cpu)).sorted()
    let widths = cpus.map { cpu in
      max(4, rows.filter { $0.cpu == cpu }.map(\.text.count).max() ?? 0)
    }
    func line(_ label: String, _ texts: [String]) -> String {
      let cells = zip(texts, widths).map { $0.padded(to: $1) }
      let space = String(repeating: " ", count: max(0, 4 - label.count))
      return "  \(space)\(label) │ \(cells.joined(separator: " │ "))".trimmed
    }
    var lines = [line("step", cpus.map { "\($0)" })]
    for row in rows {
      lines.append(line(row.label, cpus.map { $0 == row.cpu ? row.text : "" }))
    }
    guard lines.count > Self.maxRows else { return lines }
    let half = Self.maxRows / 2
    let left = lines.count - 2 * half
    return lines.prefix(half) + ["     … │ \(left) more lines"] + lines.suffix(half)
  }
}

extension String {
  /// With spaces at the end, as wide as asked for at least.
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// Without spaces at the end.
  fileprivate var trimmed: String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
