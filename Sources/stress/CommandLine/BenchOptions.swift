/// What `stress bench` was asked to do.
struct BenchOptions {
  /// Without names, every bench is run.
  var names: [String] = []

  static var operands: OperandSyntax<Self> { .list(of: .bench, atLeast: 0, \.names) }
}
