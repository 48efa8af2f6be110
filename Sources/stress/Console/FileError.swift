import Foundation

/// A file or folder that cannot be used, reported in one line.
struct FileError: Error {
  let message: String

  /// - Parameter verb: What was tried, such as `write`.
  /// - Parameter code: The `errno` of the failure.
  init(cannot verb: String, _ path: String, _ code: Int32) {
    self.message = "cannot \(verb) \(path.quoted): \(String(cString: strerror(code)))"
  }
}
