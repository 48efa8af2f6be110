/// `stress bench`: measures workloads.
enum BenchCommand {
  static func run(_ options: BenchOptions) -> ExitStatus {
    .clean
  }
}
