import Foundation

/// Files that are either complete or absent, whatever happens while they are written.
enum AtomicFile {
  /// Writes a file beside it, flushes that to disk, then renames it.
  ///
  /// What is not a regular file, such as a device or a pipe, is written in place, since renaming
  /// would replace the device itself. Output to `/dev/stdout` is appended, even if it is a file,
  /// not replaced.
  static func write(_ text: String, to path: String) throws(FileError) {
    if let standard = [STDOUT_FILENO, STDERR_FILENO].first(where: { isSame($0, path) }) {
      let code = writeAll(text, to: standard)
      guard code == 0 else { throw FileError(cannot: "write", path, code) }
    } else if isDevice(path) {
      try write(text, into: path, O_WRONLY, flushed: false, shownAs: path)
    } else {
      try replace(linkTarget(of: path), with: text, shownAs: path)
    }
  }

  /// Whether `write` can be expected to succeed, found out before there is anything to write.
  static func checkWritable(_ path: String) throws(FileError) {
    let isFolder = status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    if isFolder || path.hasSuffix("/") { throw FileError(cannot: "write", path, EISDIR) }
    if isDevice(path) {
      guard access(path, W_OK) == 0 else { throw FileError(cannot: "write", path, errno) }
    } else {
      let folder = Folder.containing(linkTarget(of: path))
      guard Folder.exists(folder) else { throw FileError(cannot: "write", path, ENOENT) }
      try Folder.checkWritable(folder)
    }
  }

  private static func replace(
    _ path: String, with text: String, shownAs shown: String
  ) throws(FileError) {
    let folder = Folder.containing(path)
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    let temporary = "\(folder)/.\(name).\(getpid()).tmp"
    do throws(FileError) {
      let flags = O_WRONLY | O_CREAT | O_TRUNC
      try write(text, into: temporary, flags, flushed: true, shownAs: shown)
      guard rename(temporary, path) == 0 else { throw FileError(cannot: "write", shown, errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    flush(folder: folder)
  }

  private static func write(
    _ text: String, into path: String, _ flags: Int32, flushed: Bool, shownAs shown: String
  ) throws(FileError) {
    let descriptor = open(path, flags | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(cannot: "write", shown, errno) }
    var code = writeAll(text, to: descriptor)
    if code == 0 && flushed && fsync(descriptor) != 0 { code = errno }
    if close(descriptor) != 0 && code == 0 && errno != EINTR { code = errno }
    if code != 0 { throw FileError(cannot: "write", shown, code) }
  }

  /// - Returns: The `errno` of the write that failed, or 0.
  private static func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  /// Makes the new name survive a power cut, on file systems that allow it.
  private static func flush(folder: String) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  private static func isDevice(_ path: String) -> Bool {
    guard let kind = status(of: path).map({ $0.st_mode & S_IFMT }) else { return false }
    return kind != S_IFREG && kind != S_IFDIR
  }

  /// Whether the path leads to the file that the descriptor has open.
  private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
    var opened = stat()
    guard fstat(descriptor, &opened) == 0, let named = status(of: path) else { return false }
    return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
  }

  /// The file that a link leads to, so that the link itself survives; the path itself if it is no
  /// link.
  private static func linkTarget(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
