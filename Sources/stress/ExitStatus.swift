/// How a start of the executable ended, as its exit status tells.
enum ExitStatus: Int32, CaseIterable {
  case clean = 0
  case lawBroken = 1
  case misuse = 2
  case notRepeated = 3

  /// What the help says of it.
  var summary: String {
    switch self {
    case .clean: "No law was broken, nothing differed"
    case .lawBroken: "A law was broken, a trace differed, a claim refuted or a fault not found"
    case .misuse: "The words, the environment or a file cannot be used"
    case .notRepeated: "A law was broken, but not again, or otherwise, when the case was repeated"
    }
  }
}
