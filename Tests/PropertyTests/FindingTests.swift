import Foundation
import Generators
import IOVA
import Invariants
import Testing

/// What FINDINGS.md says of the releases, case by case.
@Suite struct `A finding` {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Findings")

  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path()))?
    .filter { $0.hasSuffix(".case") }.sorted() ?? []

  static func read(_ name: String) throws -> ProgramCase {
    try ProgramCase(String(contentsOf: folder.appending(path: name), encoding: .utf8))
  }

  /// Runs a case with one law, or with all.
  static func run(_ file: ProgramCase, only law: String? = nil) -> Finding? {
    let others = Law.all.filter { law != nil && $0.name != law }
    let cpus = file.program.settings.cpus
    let isInterleaved = file.mode == .controlled
    let book = LawBook(
      .every, isSequential: !isInterleaved, cpus: cpus, except: Set(others))
    guard isInterleaved else { return SequentialRun(book.judge).run(file.program) }
    return ControlledRun(cpus: cpus, book.judge).replay(file.program, file.script).finding
  }

  @Test(arguments: names)
  func `breaks its law under its release, in these words`(_ name: String) throws {
    let file = try Self.read(name)
    #expect(file.program.settings.revision.name != Revision.current.name)
    #expect(Self.run(file, only: file.finding.law) == file.finding)
  }

  @Test(arguments: names)
  func `breaks no law under current`(_ name: String) throws {
    var file = try Self.read(name)
    var program = file.program
    program.settings.revision = .current
    // A power of two of entries and a count is finding 11 itself.
    let capacity = program.settings.magazineCapacity ?? 127
    program.settings.magazineCapacity = capacity % 2 == 1 ? capacity : capacity - 1
    file.program = program
    #expect(Self.run(file) == nil)
  }

  @Test func `is written down with the file that repeats it`() throws {
    let top = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: top.appending(path: "FINDINGS.md"), encoding: .utf8)
    #expect(Self.names.count == 18)
    for name in Self.names {
      #expect(text.contains("stress replay Tests/PropertyTests/Findings/\(name)"))
      #expect(text.contains(try Self.read(name).finding.evidence))
    }
  }
}
