import Foundation

/// Folders that receive files at the end of a run, made only when there is something to save.
enum Folder {
  /// Makes the folder and those above it, unless they exist.
  ///
  /// - Returns: The folders that were made, the outermost first.
  @discardableResult
  static func make(_ path: String) throws(FileError) -> [String] {
    var made: [String] = []
    for folder in prefixes(of: path) where !exists(folder) {
      if mkdir(folder, 0o777) == 0 {
        made.append(folder)
      } else if errno != EEXIST {
        // `mkdir` reports a file in the way only one step later; report what the caller typed.
        let code = errno
        remove(made)
        throw FileError(cannot: "make the folder", path, code)
      }
    }
    return made
  }

  /// Whether files can be written in the folder, which need not exist yet.
  ///
  /// Actually makes the folder and a file, and removes both: permission bits say nothing about
  /// read-only file systems, and they allow the superuser everything.
  static func checkWritable(_ path: String) throws(FileError) {
    let made = try make(path)
    defer { remove(made) }
    let probe = "\(path)/.stress-\(getpid()).probe"
    let descriptor = open(probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(cannot: "write in the folder", path, errno) }
    close(descriptor)
    unlink(probe)
  }

  /// The folder that a file lies in.
  static func containing(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func remove(_ made: [String]) {
    for folder in made.reversed() { rmdir(folder) }
  }

  static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// `a`, `a/b` and `a/b/c` for `a/b/c`.
  private static func prefixes(of path: String) -> [String] {
    var prefix = path.hasPrefix("/") ? "/" : ""
    return path.split(separator: "/").map { part in
      prefix += prefix.isEmpty || prefix.hasSuffix("/") ? String(part) : "/\(part)"
      return prefix
    }
  }
}
