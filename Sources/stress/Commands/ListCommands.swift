/// `stress laws`, `stress faults` and `stress workloads`: list what there is.
enum ListCommands {
  static func run(_ options: ListOptions) -> ExitStatus {
    switch options.subject {
    case .laws: break
    case .faults: Output.standard.line(Vocabulary.known.faults.joined(separator: "\n"))
    case .workloads: Output.standard.line(Vocabulary.known.workloads.joined(separator: "\n"))
    }
    return .clean
  }
}
