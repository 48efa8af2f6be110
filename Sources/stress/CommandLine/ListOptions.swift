/// What `stress laws`, `stress faults` and `stress workloads` were asked to list or to describe.
struct ListOptions {
  enum Subject {
    case laws, faults, workloads
  }

  var subject: Subject
  /// Without names, all are listed; with names, those are described in more detail.
  var names: [String] = []

  static func operands(_ value: ValueSyntax<String>) -> OperandSyntax<Self> {
    .list(of: value, atLeast: 0, \.names)
  }
}
