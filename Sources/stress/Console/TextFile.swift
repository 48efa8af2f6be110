import Foundation

/// Text files that a user names.
enum TextFile {
  /// The largest file that is read, in bytes: a wrong path should not fill the memory.
  static let maxBytes = 256 << 20

  static func read(_ path: String) throws(UsageError) -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw UsageError("\(path): no such file")
    }
    if isFolder.boolValue { throw UsageError("\(path): a folder, not a file") }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("\(path): cannot be read")
    }
    guard data.count <= maxBytes else {
      throw UsageError("\(path): larger than \(maxBytes >> 20) MiB")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw UsageError("\(path): not UTF-8 text")
    }
    return text
  }
}
