/// What `stress bench` was asked to do.
struct BenchOptions {
  /// Without names, all of the allocator's workloads are run.
  var names: [String] = []
  /// `nil` for all, one after the other.
  var revision: String?
  /// The number of seeds for each fault whose cases `minimal` judges.
  var seeds = MinimalBench.seeds

  static var operands: OperandSyntax<Self> { .list(of: .bench, atLeast: 0, \.names) }

  static var table: [OptionSyntax<Self>] {
    [
      .init("revision", .revision, \.revision, "Release to measure; all of them unless given"),
      .init("seeds", .number(1...1000), \.seeds, "Seeds of each fault for minimal; 3 unless given"),
    ]
  }
}
