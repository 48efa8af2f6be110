/// `stress trace`: answers recorded traces, and compares.
enum TraceCommand {
  static func run(_ options: TraceOptions) -> ExitStatus {
    .clean
  }
}
