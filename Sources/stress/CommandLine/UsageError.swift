/// A mistake in the words or the environment that a run was started with, reported in one line.
struct UsageError: Error {
  /// What is wrong, without the program's name and without a full stop.
  let message: String

  init(_ message: String) {
    self.message = message
  }

  /// The same mistake, prefixed with the option or variable that contains it.
  func found(in source: String) -> UsageError {
    UsageError("\(source): \(message)")
  }

  /// A word that is not among the known ones, with the nearest one suggested.
  static func unknown(_ kind: String, _ word: String, among known: [String]) -> UsageError {
    let start = "unknown \(kind) \(word.quoted)"
    guard let nearest = NearestName.find(word, among: known) else { return UsageError(start) }
    return UsageError("\(start); the nearest is '\(nearest)'")
  }
}
