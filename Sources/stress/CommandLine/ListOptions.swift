/// What `stress laws`, `stress faults` and `stress workloads` were asked to list, or to tell of.
struct ListOptions {
  enum Subject {
    case laws, faults, workloads
  }

  var subject: Subject
  /// Without names, all are listed; with some, more is told of each.
  var names: [String] = []

  static func operands(_ value: ValueSyntax<String>) -> OperandSyntax<Self> {
    .list(of: value, atLeast: 0, \.names)
  }
}
