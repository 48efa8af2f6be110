import Foundation
import Testing

/// `stress replay` as whoever types it sees it.
@Suite struct `The replay command` {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Replays a kept case, with some of its lines changed.
  private func replay(
    _ name: String, _ change: (String) -> String = { $0 }, _ words: String...
  ) throws -> StressProcess {
    let kept = Self.tests.appending(path: "ConcurrencyTests/Cases/\(name).case")
    let file = FileManager.default.temporaryDirectory
      .appending(path: "replay-\(UUID().uuidString).case")
    defer { try? FileManager.default.removeItem(at: file) }
    try change(String(contentsOf: kept, encoding: .utf8))
      .write(to: file, atomically: true, encoding: .utf8)
    return try StressProcess(["replay", file.path()] + words)
  }

  private func firstLine(_ process: StressProcess) -> String {
    String(process.output.prefix { $0 != "\n" })
  }

  @Test func `says first that every turn was exact`() throws {
    let process = try replay("A13")
    #expect(
      firstLine(process)
        == "exact: nothingAbsentIsUsed breaks, and every turn is as written")
    #expect(process.status == 1)
    #expect(process.output.contains("✘ nothingAbsentIsUsed"))
  }

  @Test func `says first that the schedule had to be adapted`() throws {
    let process = try replay("A13") {
      $0.replacing("(a0)\n", with: "(a7)\n").replacing("a0 = ", with: "a7 = ")
    }
    #expect(
      firstLine(process)
        == "adapted: the schedule does not fit everywhere, and nothingAbsentIsUsed still breaks")
    #expect(process.status == 1)
  }

  @Test func `says first that the failure was found again by search, and when`() throws {
    let process = try replay("A13") {
      let turns = $0.split(separator: "\n").filter { $0.contains(" to its end") }
      return $0.replacing("cpu0 until 1 \"freeShared(a0)\" has released rangeTree\n", with: "")
        .replacing(turns.joined(separator: "\n") + "\n", with: "")
    }
    #expect(firstLine(process).hasPrefix("found again by search: "))
    #expect(firstLine(process).contains("but interleaving "))
    #expect(process.status == 1)
  }

  @Test func `says first that the failure is gone, and what was tried`() throws {
    let process = try replay("A13") { $0.replacing("faults: A13", with: "faults: none") }
    #expect(
      process.output == """
        gone: nothingAbsentIsUsed holds under the schedule as written, by rank of locks alone, \
        and in 20000 other interleavings

        """)
    #expect(process.status == 3)
    #expect(try replay("A13-mended").status == 0)
  }

  @Test func `prints a test, which is built and run as the file beside this one`() throws {
    let process = try replay("A13", { $0 }, "--as-test")
    let file = Self.tests.appending(path: "PropertyTests/CaseAsTest.swift")
    #expect(process.output == (try String(contentsOf: file, encoding: .utf8)))
    #expect(process.status == 0)
    for name in ["Migration", "R16-mended"] {
      let process = try replay(name, { $0 }, "--as-test")
      #expect(process.output.hasPrefix("import Generators\nimport IOVA\n"))
    }
  }
}
