import Generators
import IOVA
import Invariants

/// `stress laws`, `stress faults` and `stress workloads`: list what there is.
enum ListCommands {
  static func run(_ options: ListOptions) -> ExitStatus {
    Output.standard.line(table(options.subject).text)
    return .clean
  }

  private static func table(_ subject: ListOptions.Subject) -> Table {
    switch subject {
    case .laws:
      var table = Table(columns: [.text("id"), .text("law"), .text("holds"), .text("statement")])
      for law in Law.all { table.append([law.id, law.name, law.holds.rawValue, law.statement]) }
      return table
    case .faults:
      var table = Table(columns: [.text("fault"), .text("what is wrong")])
      for fault in Fault.allCases { table.append([fault.name, fault.summary]) }
      return table
    case .workloads:
      var table = Table(columns: [.text("workload"), .text("programs of")])
      for workload in Workload.all { table.append([workload.name, workload.summary]) }
      return table
    }
  }
}
