import Foundation
import Generators
import IOVA
import Invariants
import Testing

/// What RULES.md says of Linux and of the faults.
@Suite struct `The page of rules` {
  private let page: Document

  init() throws { page = try Document("Documents/RULES.md") }

  // MARK: Rules

  /// The rows of rules: number, what Linux does, where, and in which versions.
  private var rules: [[String]] { page.rows.filter { $0.count == 4 && UInt($0[0]) != nil } }

  /// A rule that is cited, `19b`, and where.
  private struct Citation: Hashable {
    let number: Int
    let part: String
    let path: String
  }

  /// All rules that a text cites: `rule 57`, `rules 9 to 14, 19b and 44`.
  private static func citations(in text: String, _ path: String) -> [Citation] {
    let joined = text.replacing(/\n *\/\/\/? */, with: " ").replacing("\n", with: " ")
    let list = /\b[Rr]ules? +\d+[a-z]?\b(?:(?:,| and| to|, and) +\d+[a-z]?\b)*/
    return joined.matches(of: list).flatMap { match in
      var found: [Citation] = []
      var isRange = false
      for word in match.output.split(whereSeparator: { $0 == " " || $0 == "," }).dropFirst() {
        guard let number = Int(word.prefix(while: \.isNumber)) else {
          isRange = word == "to"
          continue
        }
        if isRange, let first = found.last?.number, first < number {
          found += (first + 1..<number).map { Citation(number: $0, part: "", path: path) }
        }
        isRange = false
        found.append(
          Citation(number: number, part: String(word.drop(while: \.isNumber)), path: path))
      }
      return found
    }
  }

  /// The citations of all sources, tests and documents.
  private static func allCitations() throws -> [Citation] {
    var found = try Document.all().flatMap { citations(in: $0.text, $0.path) }
    for folder in ["Sources", "Tests"] {
      let base = Document.root.appending(path: folder)
      let names = try FileManager.default.subpathsOfDirectory(atPath: base.path())
      for name in names.sorted() where name.hasSuffix(".swift") {
        let text = try String(contentsOf: base.appending(path: name), encoding: .utf8)
        found += citations(in: text, "\(folder)/\(name)")
      }
    }
    return found
  }

  @Test func `numbers them in order, and says where and since when each holds`() {
    #expect(rules.map { $0[0] } == (1...105).map(String.init))
    #expect(rules.filter { !$0[2].contains("`") || $0[3].isEmpty } == [])
  }

  @Test func `has every rule that is cited`() throws {
    let citations = try Self.allCitations()
    #expect(citations.count { $0.path.hasPrefix("Sources") } > 150)
    let texts = Dictionary(uniqueKeysWithValues: rules.map { ($0[0], $0[1]) })
    let missing = citations.filter { citation in
      guard let text = texts["\(citation.number)"] else { return true }
      return !citation.part.isEmpty && !text.contains("(\(citation.part))")
    }
    #expect(missing == [])
  }

  @Test(arguments: [
    ("as rule 7 says", "7"), ("(rules 11, 12)", "11 12"),
    ("rules 9 to 12, 19b and 44", "9 10 11 12 19b 44"),
    ("the pieces stay (rule\n  /// 33)", "33"), ("Rule 4, 2nd time", "4"), ("rulers 5", ""),
  ])
  func `reads citations`(text: String, numbers: String) {
    let found = Self.citations(in: text, "").map { "\($0.number)\($0.part)" }
    #expect(found.joined(separator: " ") == numbers)
  }

  // MARK: Faults

  /// What the page says of a fault.
  private struct Entry {
    var summary = ""
    var origin = ""
    var breaks = ""
    var settings: [String] = []
    var commands: [String] = []
  }

  /// The entries of the catalogue by name: paragraphs of the code blocks.
  private var entries: [String: Entry] {
    var entries: [String: Entry] = [:]
    for lines in page.blocks.flatMap({ $0.split(whereSeparator: \.isEmpty) }) {
      guard let title = lines.first, let gap = title.firstRange(of: "  ") else { continue }
      var entry = Entry(summary: String(title[gap.upperBound...]))
      for line in lines.dropFirst() {
        let text = String(line.dropFirst(2))
        if let origin = text.tail(after: "from    ") {
          entry.origin = origin
        } else if let breaks = text.tail(after: "breaks  ") {
          entry.breaks = breaks
        } else if let settings = text.tail(after: "with    ") {
          entry.settings = settings.components(separatedBy: " · ")
        } else {
          entry.commands.append(text)
        }
      }
      entries[String(title[..<gap.lowerBound])] = entry
    }
    return entries
  }

  /// The program of an entry, read as a case is; what is not said is as it always is.
  private func program(of entry: Entry, _ fault: Fault) throws -> Program {
    let plain = Program(ProgramSettings())
    var lines = ProgramCase(Finding(law: "none", evidence: "none"), .sequential, plain).text
      .split(separator: "\n").map(String.init)
    for setting in entry.settings + ["faults: \(fault.name)"] {
      let name = setting.prefix { $0 != ":" } + ":"
      if let known = lines.firstIndex(where: { $0.hasPrefix(name) }) {
        lines[known] = setting
      } else {
        lines.insert(setting, at: try #require(lines.firstIndex(of: "commands:")))
      }
    }
    lines.insert(contentsOf: entry.commands, at: lines.count - 1)
    return try ProgramCase(lines.joined(separator: "\n") + "\n").program
  }

  @Test(arguments: Fault.allCases)
  func `shows each fault with its shortest program`(fault: Fault) throws {
    let entry = try #require(entries[fault.name])
    let shortest = FaultProgram(fault)
    #expect(entry.summary == fault.summary)
    #expect(entry.origin != "")
    let id = try #require(Law.named(shortest.law)?.id)
    let switches = shortest.switches == 0 ? "" : ", \(shortest.switches.of("switch"))"
    #expect(entry.breaks == "\(shortest.law) (\(id))\(switches)")
    var expected = shortest.program
    // Written is the capacity that counts, whoever set it.
    expected.settings.magazineCapacity =
      expected.settings.configuration.revision.cache.magazineCapacity
    #expect(try program(of: entry, fault) == expected)
  }

  @Test func `shows no other fault`() {
    #expect(Set(entries.keys).subtracting(Fault.allCases.map(\.name)) == [])
  }
}

extension String {
  /// What follows a beginning; nil if that is another.
  fileprivate func tail(after start: String) -> String? {
    hasPrefix(start) ? String(dropFirst(start.count)) : nil
  }
}
