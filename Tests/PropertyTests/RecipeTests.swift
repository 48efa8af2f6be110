import Foundation
import Generators
import IOVA
import Invariants
import Testing

/// A Swift file of the package.
private struct SwiftFile {
  /// From the package's folder.
  let path: String
  let text: String

  /// `LawBook+Rest` of `Sources/Invariants/LawBook+Rest.swift`.
  var name: String { String(path.dropLast(".swift".count).split(separator: "/").last ?? "") }

  /// Whether a word stands in it that does not go on.
  func has(_ word: String) -> Bool {
    text.ranges(of: word).contains { range in
      range.upperBound == text.endIndex
        || !(text[range.upperBound].isLetter || text[range.upperBound].isNumber)
    }
  }

  /// All below some folders.
  static func all(in folders: [String] = ["Sources", "Tests"]) throws -> [SwiftFile] {
    try folders.flatMap { folder in
      let base = Document.root.appending(path: folder)
      let names = try FileManager.default.subpathsOfDirectory(atPath: base.path())
      return try names.sorted().filter { $0.hasSuffix(".swift") }.map { name in
        SwiftFile(
          path: "\(folder)/\(name)",
          text: try String(contentsOf: base.appending(path: name), encoding: .utf8))
      }
    }
  }
}

/// The table "What an addition costs".
@Suite struct `A recipe` {
  private let rows: [[String]]
  private let files: [SwiftFile]

  init() throws {
    rows = Array(
      try Document("ARCHITECTURE.md").rows.filter { $0.count == 3 }
        .drop { $0 != ["what", "files", "rows"] }.dropFirst())
    files = try SwiftFile.all()
  }

  @Test func `is there for each kind of addition, and takes no more files than it may`() {
    let counts = rows.map { ($0[0], $0[1].components(separatedBy: ", ").count) }
    let most = [
      "a policy": 1, "a law": 1, "a command": 4, "a fault": 3, "a subject": 1, "a primitive": 1,
    ]
    #expect(Set(counts.map(\.0)) == Set(most.keys))
    for (kind, count) in counts { #expect(count <= most[kind, default: 0], "\(kind)") }
  }

  @Test func `names files, folders and tables that exist`() {
    let names = rows.flatMap { $0.dropFirst() }.flatMap { cell in
      cell.matches(of: /`([^`]+)`/).map { String($0.output.1) }
    }
    #expect(names.count > 12)
    #expect(names.filter { !exists($0) } == [])
  }

  @Test(arguments: ["Policiez/", "LawBooks+…", "Documents/LAW.md", "Commando", "Policy.tables"])
  func `is not taken at its word`(name: String) {
    #expect(!exists(name))
  }

  /// Whether there is a folder `Zoo/`, a page `Documents/LAWS.md`, a file `LawBook+…`, a table
  /// `Policy.table`, or the file of a type `Command`.
  private func exists(_ name: String) -> Bool {
    if name.hasSuffix("/") { return files.contains { $0.path.contains("/" + name) } }
    if name.hasSuffix(".md") { return (try? Document(name)) != nil }
    if name.hasSuffix("…") { return files.contains { $0.name.hasPrefix(name.dropLast()) } }
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count == 2 else { return files.contains { $0.name == name } }
    return files.contains { file in
      (file.name == parts[0] || file.name.hasPrefix(parts[0] + "+"))
        && (file.has("static let \(parts[1])") || file.has("static var \(parts[1])"))
    }
  }
}

/// That what is there was added as the recipes say, as far as no other test sees to it.
@Suite struct `What there is of each kind` {
  private let files: [SwiftFile]

  init() throws { files = try SwiftFile.all() }

  private func files(in folder: String) -> [SwiftFile] {
    files.filter { $0.path.hasPrefix("Sources/\(folder)/") }
  }

  @Test(arguments: Policy.table)
  func `has a policy in a file of its own, which can be asked for by name`(
    row: Policy.Row
  ) throws {
    let own = files(in: "Generators/Schedules/Policies").filter { $0.name == row.scheduler }
    #expect(own.count == 1)
    #expect(own.first?.has("class \(row.scheduler): DrawnPolicy") == true)
    #expect(Policy(rawValue: row.name)?.rawValue == row.name)
    let words = ["--policy", row.name, "--mode", "controlled", "--threads", "2", "--rounds", "3"]
    let run = try StressProcess(words + ["--seed", "1"])
    #expect(run.status == 0, "\(run.error)")
    #expect(Portfolio.usualShares.contains { $0.policy.rawValue == row.name } == (row.share > 0))
  }

  /// That each law is broken by hand is seen to by `A law`, and its row in LAWS.md by
  /// `The documents`.
  @Test(arguments: Law.all) func `has a law judged outside of the table of laws`(law: Law) {
    let judges = files(in: "Invariants").filter { !$0.name.hasPrefix("LawTable") }
    #expect(judges.contains { $0.has(".\(law.name)") || $0.has("static var \(law.name)") })
  }

  /// That each form is written, read and drawn is seen to by `A command`.
  @Test func `has a form and a row in the page of cases for each command`() throws {
    let command = try #require(files.first { $0.name == "Command" })
    let start = try #require(command.text.firstRange(of: "enum Action")).upperBound
    let end = try #require(command.text[start...].firstRange(of: "\n  }\n")).lowerBound
    let cases = command.text[start..<end].matches(of: /\n    case (\w+)/)
      .map { String($0.output.1) }
    #expect(cases.sorted() == CommandForm.all.map(\.name).sorted())
    let page = try Document("Documents/CASES.md").rows.map { $0[0] }.joined(separator: "\n")
    #expect(cases.filter { !page.contains("\($0)(") } == [])
  }

  @Test func `has each command run in a program of some workload`() {
    var unseen = Set(CommandForm.all.map(\.name))
    let book = LawBook(.every, isSequential: true, cpus: ProgramGenerator.mostCPUs)
    let run = SequentialRun(book)
    for number in 0..<64 as Range<UInt64> {
      for workload in Workload.all where workload.scale == .small && !unseen.isEmpty {
        var source = ChoiceSource(seed: Seed(number))
        let (steps, finding) = run.transcript(
          ProgramGenerator(workload, length: 64).draw(from: &source))
        #expect(finding == nil, "\(workload.name), seed \(number)")
        for step in steps where !step.isEnding {
          unseen = unseen.filter { !step.text.split(separator: " ").contains(starting: "\($0)(") }
        }
      }
    }
    #expect(unseen == [])
  }

  /// That each has its shortest program and its row in RULES.md is seen to by `The page of rules`,
  /// and that it is found by `A fault`.
  @Test(arguments: Fault.allCases) func `has a fault in a branch of the allocator or in a setting`(
    fault: Fault
  ) throws {
    let others = files(in: "IOVA").filter { $0.name != "Fault" }
    let own = try #require(files.first { $0.name == "Fault" }).text
    let settings = own.components(separatedBy: "func restoreSetting").dropFirst()
    #expect(
      others.contains { $0.has(".\(fault)") } || settings.contains { $0.contains(".\(fault):") })
  }

  /// That each has a lawful version is seen to by `An exhibit of the zoo`, which proves it.
  @Test func `has each exhibit that is stated in the list of all`() throws {
    let list = try #require(files.first { $0.name == "Exhibit+All" })
    let stated = files(in: "Generators/Zoo").flatMap { file in
      file.text.matches(of: /\n  (?:package )?static let (\w+) = (?:Exhibit\(|threads\.map)/)
        .map { String($0.output.1) }
    }
    #expect(stated.count > 20)
    #expect(stated.filter { !list.has($0) } == [])
  }
}

extension [Substring] {
  fileprivate func contains(starting start: String) -> Bool { contains { $0.hasPrefix(start) } }
}

extension Policy.Row: CustomTestStringConvertible {
  public var testDescription: String { name }
}
