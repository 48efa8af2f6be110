import Foundation
import Testing

/// The code of an article, as a package that depends on this one by path.
///
/// The first line of each block of Swift names its file.
struct ArticlePackage {
  /// A piece of an article's code.
  struct File {
    let path: String
    let lines: [Substring]
  }

  let folder: URL
  let files: [File]

  // Below .build, where nothing is committed, and where the next run finds most of it built.
  private static let workspace = Document.root.appending(path: ".build/article")

  /// - Parameter name: of the package's folder.
  init(_ name: String, from article: Document) throws {
    folder = Self.workspace.appending(path: name)
    files = try Self.swiftBlocks(
      in: article.text.split(separator: "\n", omittingEmptySubsequences: false)
    ).map { block in
      File(
        path: String(try #require(block.first?.split(separator: " ").last)),
        lines: Array(block.dropFirst()))
    }
    // Not called what articles call it, since a clone may have any name.
    let dependency = Self.workspace.appending(path: "clone")
    let manager = FileManager.default
    try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    try? manager.removeItem(at: folder.appending(path: "FailingCases"))
    try? manager.removeItem(at: dependency)
    try manager.createSymbolicLink(at: dependency, withDestinationURL: Document.root)
  }

  /// Has the package hold these files of the article, and no others.
  func write(_ files: some Sequence<File>) throws {
    for part in ["Sources", "Tests"] {
      try? FileManager.default.removeItem(at: folder.appending(path: part))
    }
    for file in files {
      try write(
        file.lines.joined(separator: "\n")
          .replacingOccurrences(of: "\"../iova-stress\"", with: "\"../clone\""), to: file.path)
    }
    // A new date on the manifest, and no plan of another article's package, are what makes the
    // package manager look for new files.
    try? FileManager.default.removeItem(at: Self.workspace.appending(path: "build/debug.yaml"))
    try FileManager.default.setAttributes(
      [.modificationDate: Date()], ofItemAtPath: folder.appending(path: "Package.swift").path())
  }

  /// Writes another file of the package.
  func write(_ text: String, to path: String) throws {
    let file = folder.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    guard (try? String(contentsOf: file, encoding: .utf8)) != text else { return }
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  /// Runs `swift` in the package; in its output the folder around the package is `…`.
  ///
  /// All articles' packages share one build of this one.
  func swift(_ arguments: String...) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let scratch = Self.workspace.appending(path: "build").path()
    process.arguments = ["swift", arguments[0], "--scratch-path", scratch] + arguments.dropFirst()
    process.currentDirectoryURL = folder
    // The tests of the article set what they need, and must not see what this run was given.
    process.environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("STRESS_") && !$0.key.hasPrefix("SWIFT_TESTING")
    }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let output = String(decoding: data, as: UTF8.self)
      .replacingOccurrences(of: Self.workspace.path(), with: "…")
    return (process.terminationStatus, output)
  }

  /// The blocks of Swift in lines of Markdown, without their fences.
  static func swiftBlocks(in lines: [Substring]) -> [[Substring]] {
    var blocks: [[Substring]] = []
    var block: [Substring]?
    for line in lines {
      if line == "```swift" {
        block = []
      } else if line == "```", let finished = block {
        blocks.append(finished)
        block = nil
      } else {
        block?.append(line)
      }
    }
    return blocks
  }
}
