import Foundation
import Testing

/// `GENERATORS.md` and the examples in doc comments, built and run as a package that depends on
/// this one by path.
@Suite struct `The article` {
  @Test func `and all examples compile, and the article's tests pass`() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    // Below .build, where nothing is committed, and where the next run finds most of it built.
    let workspace = root.appendingPathComponent(".build/article")
    let package = workspace.appendingPathComponent("lists")
    // Not called what the article calls it, since a clone may have any name.
    let dependency = workspace.appendingPathComponent("clone")
    let files = FileManager.default
    try? files.removeItem(at: package.appendingPathComponent("Tests"))
    try files.createDirectory(at: package, withIntermediateDirectories: true)
    try? files.removeItem(at: dependency)
    try files.createSymbolicLink(at: dependency, withDestinationURL: root)

    let article = try text(root.appendingPathComponent("GENERATORS.md"))
    let blocks = swiftBlocks(in: article.split(separator: "\n", omittingEmptySubsequences: false))
    #expect(blocks.count == 5)
    for block in blocks {
      // The first line of each block names its file.
      let name = try #require(block.first?.split(separator: " ").last)
      try write(
        block.dropFirst().joined(separator: "\n")
          .replacingOccurrences(of: "\"../iova-stress\"", with: "\"../clone\""),
        to: package.appendingPathComponent("\(name)"))
    }
    let examples = try docExamples(in: root.appendingPathComponent("Sources/Generators"))
    #expect(examples.count > 40)
    try write(
      wrapped(examples), to: package.appendingPathComponent("Tests/ListTests/Examples.swift"))

    // A new date on the manifest is what makes the package manager look for new files.
    try files.setAttributes(
      [.modificationDate: Date()],
      ofItemAtPath: package.appendingPathComponent("Package.swift").path)
    let (status, output) = try swiftTest(in: package)
    #expect(status == 0, "\(output.suffix(2000))")
    let (inXCTest, inSwiftTesting) = ("Executed 1 test, with 0 failures", "Test run with 4 tests")
    let didRunAll = output.contains(inXCTest) && output.contains(inSwiftTesting)
    #expect(didRunAll)
  }

  private func text(_ url: URL) throws -> String {
    try String(contentsOf: url, encoding: .utf8)
  }

  private func write(_ text: String, to url: URL) throws {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    guard (try? self.text(url)) != text else { return }
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  private func swiftBlocks(in lines: [Substring]) -> [[Substring]] {
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

  /// The examples of the general library: what drives the allocator is not for other packages.
  private func docExamples(in folder: URL) throws -> [String] {
    var examples: [String] = []
    for part in ["Challenge", "Choices", "Generation", "Property", "Shrinking"] {
      let folder = folder.appendingPathComponent(part)
      let files = try FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: nil)
      for file in files.sorted(by: { $0.path < $1.path }) {
        let comments = try text(file).split(separator: "\n").map { line in
          let trimmed = line.drop { $0 == " " }
          return trimmed.hasPrefix("///")
            ? trimmed.dropFirst(trimmed.hasPrefix("/// ") ? 4 : 3) : ""
        }
        examples += swiftBlocks(in: comments).map { block in
          "// \(file.lastPathComponent)\n" + block.joined(separator: "\n")
        }
      }
    }
    return examples
  }

  /// One function for each example, with what many of them speak of.
  private func wrapped(_ examples: [String]) -> String {
    let functions = examples.enumerated().map { index, example in
      """
      func example\(index)(
        source: inout ChoiceSource, trial: inout Trial, failing: ChoiceSequence, list: [Int]
      ) throws {
      \(example)
      }
      """
    }
    let calls = examples.indices.map { index in
      "  try example\(index)(source: &source, trial: &trial, failing: failing, list: [3, 1])"
    }
    return """
      import Generators
      import Testing

      @Test func examples() throws {
        var source = ChoiceSource(seed: Seed(1))
        let failing = ChoiceSequence(values: [900])
        let settings = PropertySettings(cases: 1)
        try Property("examples run", folder: nil, settings: settings).check { trial in
      \(calls.joined(separator: "\n"))
        }
      }

      \(functions.joined(separator: "\n\n"))

      """
  }

  private func swiftTest(in package: URL) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["swift", "test"]
    process.currentDirectoryURL = package
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
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
