import Foundation
import Invariants
import Testing

@Suite struct `The documents` {
  private let pages: [Document]

  init() throws { pages = try Document.all() }

  @Test func `are there`() {
    let paths = pages.map(\.path)
    #expect(paths.count > 10)
    #expect(paths.contains("README.md"))
    #expect(paths.contains("Documents/RULES.md"))
  }

  // MARK: Links

  /// Why a link leads nowhere; nil if it leads somewhere.
  private func fault(of link: String, on page: Document) throws -> String? {
    if link.contains("://") { return nil }
    let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let folder = Document.root.appending(path: page.path).deletingLastPathComponent()
    let file = folder.appending(path: String(parts[0])).standardizedFileURL
    if !parts[0].isEmpty, !FileManager.default.fileExists(atPath: file.path()) {
      return "\(page.path): there is no file \(link)"
    }
    guard parts.count == 2 else { return nil }
    let path = parts[0].isEmpty ? page.path : String(file.path().dropFirst(Self.rootLength))
    return try Document(path).places.contains(String(parts[1]))
      ? nil : "\(page.path): there is no place \(link)"
  }

  private static let rootLength = Document.root.standardizedFileURL.path().count

  @Test func `link to files and places that exist`() throws {
    let faults = try pages.flatMap { page in
      try page.links.compactMap { try fault(of: $0, on: page) }
    }
    #expect(faults == [])
    #expect(pages.flatMap(\.links).count > 30)
  }

  @Test func `tell a link that leads nowhere`() throws {
    let page = try #require(pages.first { $0.path == "Documents/LAWS.md" })
    #expect(try fault(of: "../FINDINGS.md", on: page) == nil)
    #expect(try fault(of: "../FINDINGS.md#findings", on: page) == nil)
    #expect(try fault(of: "#laws", on: page) == nil)
    #expect(try fault(of: "FINDINGS.md", on: page) != nil)
    #expect(try fault(of: "../FINDINGS.md#findingz", on: page) != nil)
    #expect(try fault(of: "#lawz", on: page) != nil)
  }

  @Test func `are all linked from the README`() throws {
    let linked = Set(try Document("README.md").links)
    #expect(pages.map(\.path).filter { $0 != "README.md" && !linked.contains($0) } == [])
  }

  // MARK: Size

  @Test func `for newcomers have at most 120 columns a line, but for tables and code`() {
    let forNewcomers = pages.filter {
      $0.path.hasPrefix("Documents/")
        || ["README.md", "FINDINGS.md", "INTERLEAVINGS.md"].contains($0.path)
    }
    let long = forNewcomers.flatMap { page in
      page.prose.filter { $0.count > 120 && !$0.hasPrefix("|") && !$0.hasPrefix("!") }
        .map { "\(page.path): \($0)" }
    }
    #expect(long == [])
  }

  @Test func `begin with a README of one screen or two`() throws {
    #expect(try Document("README.md").text.split(separator: "\n").count <= 100)
  }

  // MARK: What they show

  /// Options of `swift test` that pages speak of.
  private static let testOptions: Set = ["--filter", "--sanitize", "--traits"]

  @Test func `name only options that there are`() throws {
    let commands = [
      "run", "trace", "replay", "prove", "laws", "faults", "workloads", "bench", "claims",
    ]
    let known = Set(
      try commands.flatMap { command in
        try StressProcess([command, "--help"]).output.matches(of: /--[a-z][a-z-]*/)
          .map { String($0.output) }
      })
    let named = pages.filter { $0.path != "ARCHITECTURE.md" }.flatMap { page in
      page.text.matches(of: /--[a-z][a-z-]*/).map { String($0.output) }
    }
    #expect(Set(named).subtracting(known).subtracting(Self.testOptions) == [])
    #expect(Set(named).count > 15)
  }

  @Test func `explain each word once`() throws {
    let words = try Document("Documents/GLOSSARY.md").rows.map { $0[0] }.filter { $0 != "word" }
    let meanings = words.flatMap { $0.components(separatedBy: ", ") }
    #expect(Dictionary(grouping: meanings) { $0 }.filter { $1.count > 1 }.keys.sorted() == [])
    #expect(meanings.count > 60)
  }

  @Test func `list every law as it is`() throws {
    let rows = try Document("Documents/LAWS.md").rows.filter { $0.count == 4 }.dropFirst()
    #expect(
      Array(rows) == Law.all.map { [$0.id, "`\($0.name)`", $0.holds.rawValue, $0.statement] })
  }

  @Test func `show in the README a failure as it is replayed, and the picture of it`() throws {
    let picture = FileManager.default.temporaryDirectory
      .appending(path: "picture-\(UUID().uuidString).svg")
    defer { try? FileManager.default.removeItem(at: picture) }
    let file = Document.root.appending(path: "Documents/migration.case").path()
    let process = try StressProcess(["replay", file, "--timeline", picture.path()])
    #expect(process.status == 1)
    #expect(process.output.hasPrefix("exact: "))
    #expect(
      try Data(contentsOf: picture)
        == Data(contentsOf: Document.root.appending(path: "Documents/migration.svg")))

    let block = try #require(Document("README.md").blocks.first { $0.contains("seed 0x3") })
    let breach = try #require(block.firstIndex { $0.hasPrefix("✘ ") })
    #expect(process.output.contains(block[breach...breach + 2].joined(separator: "\n")))
    let start = try #require(block.firstIndex { $0.hasPrefix("  step │") })
    let end = try #require(block.lastIndex { $0.contains("│ at rest") })
    #expect(process.output.contains(block[start...end].joined(separator: "\n")))
  }
}
