import Foundation
import Generators
import Testing

@Suite struct `A kept case` {
  /// Runs `body` with a folder of its own, which is gone afterwards.
  private func withFolder(_ body: (CaseFolder, URL) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("generators-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    try body(CaseFolder(path: url.path), url)
  }

  private func check(limit: Int, in folder: CaseFolder) throws -> PropertyReport {
    let settings = PropertySettings(seed: Seed(1), cases: 100)
    return try Property("Numbers, all small!", folder: folder, settings: settings)
      .check(Generator<Int>.integers(in: 0...1000)) { value, trial in
        try trial.expect(value < limit)
      }
  }

  private func files(in url: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
  }

  @Test func `is tried first, simplified further, and retired once it passes`() throws {
    try withFolder { folder, url in
      #expect(throws: Counterexample.self) { try check(limit: 700, in: folder) }
      let file = try #require(try files(in: url).first)
      #expect(file.lastPathComponent.hasPrefix("numbers-all-small-"))
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains("# value = 700\n"))
      #expect(text.contains("\nchoices draw{ 700/1000 }\n"))

      do {
        _ = try check(limit: 500, in: folder)
        Issue.record("the property passed")
      } catch let again as Counterexample {
        #expect(again.caseNumber == 0)
        #expect(again.values.map(\.text) == ["500"])
      }
      #expect(try files(in: url) == [file])

      let report = try check(limit: 5000, in: folder)
      #expect(report.retired == [file.path])
      #expect(try files(in: url).isEmpty)
    }
  }

  @Test func `that cannot be read stops the property with a clear error`() throws {
    try withFolder { folder, url in
      #expect(throws: Counterexample.self) { try check(limit: 700, in: folder) }
      let file = try #require(try files(in: url).first)
      try "property Numbers\nchoices 1/0\n".write(to: file, atomically: true, encoding: .utf8)
      #expect {
        try check(limit: 700, in: folder)
      } throws: { error in
        "\(error)".hasSuffix(
          "line 2: at byte 3: the value 1 is above its maximum 0; correct the file or remove it")
      }
    }
  }

  @Test func `that cannot be written is still reported`() throws {
    let folder = CaseFolder(path: "/proc/no/such/folder")
    #expect {
      try check(limit: 700, in: folder)
    } throws: { error in
      "\(error)".contains("kept    nowhere: cannot make folder /proc/no/such/folder: ")
    }
  }

  @Test func `survives a change of the code that draws it`() throws {
    let sequence = try ChoiceSequence(parsing: "draw{ 3/9 } draw{ list{ 5/9 7/9 } } draw{ 8/9 }")
    var source = ChoiceSource(aligning: sequence)
    let first = source.span("draw") { ($0.choose(below: 10), $0.choose(below: 10)) }
    let second = source.span("draw") { source in
      source.span("new") { _ = $0.choose(below: 10) }
      return source.span("list") { $0.choose(below: 10) }
    }
    let third = source.span("draw") { $0.choose(below: 10) }
    #expect(first == (3, 0))
    #expect(second == 5)
    #expect(third == 8)
  }
}
