import Foundation

extension AtomicFile {
  /// Writes the value as JSON, keys sorted, so that equal values give equal files.
  static func writeJSON(_ value: some Encodable, to path: String) throws(FileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
      // Among encodable values, only a number that is not finite has no JSON.
      preconditionFailure("a value for \(path) has no JSON")
    }
    try write(String(decoding: data, as: UTF8.self) + "\n", to: path)
  }
}
