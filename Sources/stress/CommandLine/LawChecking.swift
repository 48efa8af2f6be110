/// When the laws are checked: `every`, `sampled=K` or `rest`.
enum LawChecking: Equatable {
  /// At every release of a lock, while it is still held.
  case everyRelease
  /// At one release of a lock in that many.
  case sampled(oneIn: Int)
  /// Only when all threads pause.
  case atRest
}

extension ValueSyntax where Value == LawChecking {
  /// How many releases there may be for one that is checked.
  static var sampling: ClosedRange<Int> { 1...1_000_000 }

  static var lawChecking: Self {
    Self("every|sampled=K|rest") { (text, vocabulary) throws(UsageError) in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      switch (String(parts[0]), parts.count) {
      case ("every", 1): return .everyRelease
      case ("rest", 1): return .atRest
      case ("sampled", 2):
        let number = ValueSyntax<Int>.number(sampling)
        return .sampled(oneIn: try number.read(String(parts[1]), vocabulary))
      case ("sampled", 1):
        throw UsageError("'sampled' needs a number, such as sampled=16")
      case ("every", _), ("rest", _):
        throw UsageError("only 'sampled' takes a number, not \(text.quoted)")
      default:
        throw .unknown("choice", text, among: ["every", "sampled=K", "rest"])
      }
    }
  }
}
