import Foundation
import Testing

/// The articles' code and the examples in doc comments, built and run as packages that depend on
/// this one by path.
///
/// One after the other, since the packages share one build.
@Suite(.serialized) struct `The articles` {
  @Test func `on generators and all examples compile, and the article's tests pass`() throws {
    let package = try ArticlePackage("lists", from: Document("GENERATORS.md"))
    #expect(package.files.count == 5)
    let examples = try docExamples(in: Document.root.appending(path: "Sources/Generators"))
    #expect(examples.count > 40)
    try package.write(package.files)
    try package.write(wrapped(examples), to: "Tests/ListTests/Examples.swift")
    let (status, output) = try package.swift("test")
    #expect(status == 0, "\(output.suffix(2000))")
    let (inXCTest, inSwiftTesting) = ("Executed 1 test, with 0 failures", "Test run with 4 tests")
    let didRunAll = output.contains(inXCTest) && output.contains(inSwiftTesting)
    #expect(didRunAll)
  }

  // MARK: Interleavings

  @Test func `on interleavings prints what it says, with and without the bugs`() throws {
    let article = try Document("INTERLEAVINGS.md")
    let package = try ArticlePackage("queues", from: article)
    #expect(package.files.count == 12)
    let files = package.files
    // What stands before the second manifest fails, and all that follows passes.
    let ships = try #require(files.lastIndex { $0.path == "Package.swift" })
    try package.write(files[..<ships])
    let broken = try package.swift("test")
    #expect(broken.status != 0)
    let kept = try keptCases(in: package)
    try package.write(files[ships...])
    let mended = try package.swift("test", "--traits", "OnStage")
    #expect(mended.status == 0, "\(mended.output.suffix(2000))")
    #expect(mended.output.contains("Executed 1 test, with 0 failures"))
    // The counter without a lock is not among what was mended.
    #expect(try keptCases(in: package).count == 1)

    // Blocks of Swift begin with the name of a file.
    let blocks = article.blocks.filter { $0.first?.hasPrefix("// ") == false }
      .map { $0.joined(separator: "\n") }
    #expect(blocks.count == 6)
    let printed = withoutEffort(([broken.output, mended.output] + kept).joined(separator: "\n"))
    for block in blocks where !printed.contains(withoutEffort(block)) {
      Issue.record("nobody printed:\n\(block)\nbut:\n\(broken.output)\n\(mended.output)")
    }
    // Code that ships needs nothing of this package.
    let shipped = try package.swift("build", "--target", "Queues")
    #expect(shipped.status == 0, "\(shipped.output.suffix(2000))")
  }

  @Test func `on interleavings goes from nothing to a failure in forty lines`() throws {
    let files = try ArticlePackage("queues", from: Document("INTERLEAVINGS.md")).files
    #expect(files[..<2].map(\.path) == ["Package.swift", "Tests/QueueTests/QueueTests.swift"])
    #expect(files[..<2].flatMap(\.lines).count { !$0.isEmpty } <= 40)
  }

  /// The texts of the failing cases that the package has kept.
  private func keptCases(in package: ArticlePackage) throws -> [String] {
    let folder = package.folder.appending(path: "FailingCases/QueueTests")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return try names.map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
  }

  /// A report without the numbers that say how much was tried: another version may try less.
  private func withoutEffort(_ text: String) -> String {
    text.replacing(/[0-9][0-9,]* (replay|execution|program)/) { "# \($0.output.1)" }
      .replacing(/in execution [0-9,]+/, with: "in execution #")
  }

  // MARK: Examples

  /// The examples of the general library: what drives the allocator is not for other packages.
  private func docExamples(in folder: URL) throws -> [String] {
    var examples: [String] = []
    for part in ["Challenge", "Choices", "Generation", "Property", "Shrinking"] {
      let folder = folder.appending(path: part)
      let files = try FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: nil)
      for file in files.sorted(by: { $0.path < $1.path }) {
        let text = try String(contentsOf: file, encoding: .utf8)
        let comments = text.split(separator: "\n").map { line in
          let trimmed = line.drop { $0 == " " }
          return trimmed.hasPrefix("///")
            ? trimmed.dropFirst(trimmed.hasPrefix("/// ") ? 4 : 3) : ""
        }
        examples += ArticlePackage.swiftBlocks(in: comments).map { block in
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
}
