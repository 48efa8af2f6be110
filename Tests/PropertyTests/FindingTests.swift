import Foundation
import Generators
import IOVA
import Invariants
import Testing

/// What FINDINGS.md says of the releases, case by case.
@Suite struct `A finding` {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Findings")

  private static let files =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path()))?
    .filter { $0.hasSuffix(".case") }.sorted() ?? []
  /// Those of releases, which are numbered.
  static let names = files.filter { !$0.hasPrefix("posted-") }
  /// Those of the patch that crashed.
  static let posted = files.filter { $0.hasPrefix("posted-") }

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
    guard isInterleaved else { return SequentialRun(book).run(file.program) }
    return ControlledRun(cpus: cpus, book).replay(file.program, file.script).finding
  }

  @Test(arguments: names + posted)
  func `breaks its law under its release, in these words`(_ name: String) throws {
    let file = try Self.read(name)
    #expect(file.program.settings.revision.name != Revision.current.name)
    #expect(Self.run(file, only: file.finding.law) == file.finding)
  }

  @Test(arguments: names + posted)
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

  // MARK: As it is written down

  private let page: Document

  init() throws { page = try Document("FINDINGS.md") }

  /// One row of the table at the top: what is linked, where it breaks, and which laws.
  private struct Row {
    let number: Int
    let link: String
    let releases: [String]
    let laws: [String]

    /// Whether it is said to break in a revision; "5.10" are all that the tool knows of that name.
    func names(_ revision: Revision) -> Bool {
      releases.contains { release in
        revision.name == "linux-\(release)" || revision.name == "linux-\(release).0"
      }
    }
  }

  private var rows: [Row] {
    page.rows.compactMap { cells in
      guard cells.count == 6, let link = cells[0].wholeMatch(of: /\[(\d+)\]\(#(.*)\)/),
        let number = Int(link.output.1)
      else { return nil }
      return Row(
        number: number, link: String(link.output.2),
        releases: cells[2].components(separatedBy: ", "),
        laws: cells[3].components(separatedBy: ", "))
    }
  }

  /// The entry that a row links to.
  private func entry(_ number: Int) throws -> String {
    let start = try #require(page.text.firstRange(of: "\n## \(number). "))
    let rest = page.text[start.upperBound...]
    return String(rest[..<(rest.firstRange(of: "\n## ")?.lowerBound ?? rest.endIndex)])
  }

  @Test func `is written down with the file that repeats it`() throws {
    #expect(Self.names.count == 21)
    for (index, name) in Self.names.enumerated() {
      let entry = try entry(index + 1)
      #expect(entry.contains("stress replay Tests/PropertyTests/Findings/\(name)"))
      #expect(entry.contains(try Self.read(name).finding.evidence))
    }
  }

  @Test func `of the patch is told in its story, each part of which is a file`() throws {
    let start = try #require(page.text.firstRange(of: "\n## The patch that crashed"))
    let rest = page.text[start.upperBound...]
    let story = rest[..<(rest.firstRange(of: "\n## ")?.lowerBound ?? rest.endIndex)]
    #expect(Self.posted.count == 3)
    for name in Self.posted {
      let file = try Self.read(name)
      #expect(file.program.settings.revision.name == Revision.posted2017.name)
      #expect(file.program.commands.count <= 4)
      #expect(story.contains("stress replay Tests/PropertyTests/Findings/\(name)"))
      #expect(story.contains(file.finding.evidence))
    }
  }

  @Test func `stands in the table with the law it breaks, beside what its entry says`() throws {
    #expect(rows.map(\.number) == Array(1...Self.names.count))
    for (row, name) in zip(rows, Self.names) {
      #expect(name.hasPrefix(row.number < 10 ? "0\(row.number)-" : "\(row.number)-"))
      #expect(row.laws.allSatisfy { Law.named($0) != nil })
      #expect(row.laws.first == Law.named(try Self.read(name).finding.law)?.id)
      let entry = try entry(row.number)
      #expect(row.laws.allSatisfy { entry.contains($0) })
      #expect(entry.contains("\n\n*In \(row.releases.joined(separator: ", ")).* "))
      #expect(row.link.hasPrefix("\(row.number)-") && page.places.contains(row.link))
    }
  }

  @Test(arguments: names)
  func `breaks its law under the releases of its row, and under no other`(_ name: String) throws {
    let row = try #require(rows.first { $0.number == Int(name.prefix(2)) })
    var file = try Self.read(name)
    let surrounds = file.program.settings.flushQueue != nil || file.program.settings.dma != nil
    // Finding 11 is about the capacity that a release has.
    let isCapacity = file.finding.law == "memoryIsAccounted"
    let allocatorsOnly = [Revision.linux4_13.name, Revision.linux4_15.name]
    for revision in Revision.all where revision.name.hasPrefix("linux-") {
      // What lies around these allocators is today's.
      if surrounds, allocatorsOnly.contains(revision.name), !row.names(revision) { continue }
      file.program.settings.revision = revision
      if isCapacity { file.program.settings.magazineCapacity = nil }
      let breaks = Self.run(file, only: file.finding.law) != nil
      #expect(breaks == row.names(revision), "\(revision.name)")
    }
  }
}
