import Generators
import IOVA
import Invariants

/// `stress laws`, `stress faults` and `stress workloads`: list everything, or describe some.
enum ListCommands {
  static func run(_ options: ListOptions) -> ExitStatus {
    let names = options.names
    switch options.subject {
    case .laws:
      let laws = names.compactMap(Law.named)
      Output.standard.line(laws.isEmpty ? allLaws.text : entries(laws.map(entry)))
    case .faults:
      let faults = names.compactMap(Fault.named)
      Output.standard.line(faults.isEmpty ? allFaults.text : entries(faults.map(entry)))
    case .workloads:
      var table = Table(columns: [.text("workload"), .text("programs of")])
      for workload in Workload.all where names.isEmpty || names.contains(workload.name) {
        table.append([workload.name, workload.summary])
      }
      Output.standard.line(table.text)
    }
    return .clean
  }

  private static var allLaws: Table {
    var table = Table(columns: [.text("id"), .text("law"), .text("holds"), .text("statement")])
    for law in Law.all { table.append([law.id, law.name, law.holds.rawValue, law.statement]) }
    return table
  }

  private static var allFaults: Table {
    var table = Table(columns: [.text("fault"), .text("what is wrong")])
    for fault in Fault.allCases { table.append([fault.name, fault.summary]) }
    return table
  }

  // MARK: One by one

  private static func entries(_ entries: [[[String]]]) -> String {
    entries.map { Table(columns: [.text(), .text()], rows: $0).text }.joined(separator: "\n\n")
  }

  private static func entry(_ law: Law) -> [[String]] {
    let faults = Fault.allCases.filter { FaultProgram($0).law == law.name }.map(\.name)
    return [
      ["law", "\(law.id)  \(law.name)"],
      ["holds", law.holds.summary],
      ["statement", law.statement],
      ["broken by", faults.isEmpty ? "no fault's shortest program" : list(faults)],
      ["source", "\(law.name) in Sources/Invariants"],
    ]
  }

  private static func entry(_ fault: Fault) -> [[String]] {
    let shortest = FaultProgram(fault)
    let program = shortest.program
    var entry = [
      ["fault", fault.name],
      ["wrong", fault.summary],
      ["breaks", "\(shortest.law) (\(Law.named(shortest.law)?.id ?? "–"))"],
      ["shortest", "\(program.commands.count.of("command")), \(shortest.switches.of("switch"))"],
    ]
    entry += program.commands.map { ["", "\($0.cpu): \($0)"] }
    entry.append(["source", ".\(fault) in Sources/IOVA"])
    return entry
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

extension Law.Guard {
  /// When the law holds, in words.
  fileprivate var summary: String {
    switch self {
    case .rangeTree: "whenever T, the lock of the tree, is free"
    case .cpuCache: "whenever C, the lock of a CPU's magazines, is free"
    case .flushRing: "whenever Q, the lock of a flush ring, is free"
    case .depot: "whenever D, the lock of a depot, is free"
    case .atReturn: "when a call returns"
    case .atRest: "when nobody runs"
    case .whenQuiet: "when everything was given back"
    case .always: "always"
    }
  }
}
