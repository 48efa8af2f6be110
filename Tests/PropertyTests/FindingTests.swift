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

  /// Runs a program with one law, or with all.
  static func run(_ program: Program, only law: String? = nil) -> Finding? {
    let others = Law.all.filter { law != nil && $0.name != law }
    let book = LawBook(
      .every, isSequential: true, cpus: program.settings.cpus, except: Set(others))
    return SequentialRun(book.judge).run(program)
  }

  @Test(arguments: names)
  func `breaks its law under its release, in these words`(_ name: String) throws {
    let file = try Self.read(name)
    #expect(file.program.settings.revision.name != Revision.current.name)
    #expect(Self.run(file.program, only: file.finding.law) == file.finding)
  }

  @Test(arguments: names)
  func `breaks no law under current`(_ name: String) throws {
    var program = try Self.read(name).program
    program.settings.revision = .current
    // A power of two of entries and a count is finding 11 itself.
    let capacity = program.settings.magazineCapacity ?? 127
    program.settings.magazineCapacity = capacity % 2 == 1 ? capacity : capacity - 1
    #expect(Self.run(program) == nil)
  }

  @Test func `is written down with the file that repeats it`() throws {
    let top = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: top.appending(path: "FINDINGS.md"), encoding: .utf8)
    #expect(Self.names.count == 14)
    for name in Self.names {
      #expect(text.contains("stress replay Tests/PropertyTests/Findings/\(name)"))
      #expect(text.contains(try Self.read(name).finding.evidence))
    }
  }
}
