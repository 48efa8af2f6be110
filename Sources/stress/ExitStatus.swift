/// How the executable ended, as its exit status.
enum ExitStatus: Int32, CaseIterable {
  case clean = 0
  case lawBroken = 1
  case misuse = 2
  case notRepeated = 3

  /// Its description in the help.
  var summary: String {
    switch self {
    case .clean: "No law was broken, nothing differed"
    case .lawBroken: "A law broke, a trace differed, a claim was refuted or a fault was not found"
    case .misuse: "The words, the environment or a file cannot be used"
    case .notRepeated: "A law broke, but not again, or differently, when the case was repeated"
    }
  }
}
