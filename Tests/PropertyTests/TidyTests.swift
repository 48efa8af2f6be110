import Foundation
import Testing

/// One source file, seen as text.
private struct SourceFile {
  /// From the package's folder, such as `Sources/IOVA/Machine/CPU.swift`.
  let path: String
  let lines: [Substring]

  /// Lines without comments; what stands in string literals counts as code.
  var code: [(number: Int, text: Substring)] {
    lines.enumerated().compactMap { index, line in
      let text = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
      return text.allSatisfy(\.isWhitespace) ? nil : (index + 1, text)
    }
  }

  /// The modules that are imported.
  var imports: [(line: Int, module: String)] {
    code.compactMap { number, text in
      let words = text.split(separator: " ")
      guard words.count >= 2, words[0] == "import" else { return nil }
      return (number, String(words[words.count - 1]))
    }
  }

  /// The types that are declared: those that other files know, or all, nested ones as well.
  func declaredTypes(all: Bool) -> Set<String> {
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
    return Set(
      code.compactMap { _, text in
        guard all || text.first != " " else { return nil }
        let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        guard let kind = words.firstIndex(where: kinds.contains), kind + 1 < words.count,
          all || !words[..<kind].contains("private")
        else { return nil }
        return String(words[kind + 1])
      })
  }

  /// The words of its code.
  var words: Set<String> {
    Set(
      code.flatMap { _, text in
        text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
      })
  }

  func lies(in folders: [String]) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }

  /// All Swift files below `Sources` and `Tests`, by path.
  static func all() throws -> [SourceFile] {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    var files: [SourceFile] = []
    for folder in ["Sources", "Tests"] {
      let base = root.appendingPathComponent(folder)
      let names = try FileManager.default.subpathsOfDirectory(atPath: base.path)
      for name in names.sorted() where name.hasSuffix(".swift") {
        let text = try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        files.append(SourceFile(path: "\(folder)/\(name)", lines: lines))
      }
    }
    return files
  }
}

@Suite struct `The sources` {
  private let files: [SourceFile]

  init() throws { files = try SourceFile.all() }

  private func expectNone(
    _ offences: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(offences == [], sourceLocation: sourceLocation)
  }

  /// Where a line's code holds one of the words.
  private func places(of words: [String], in files: some Sequence<SourceFile>) -> [String] {
    files.flatMap { file in
      file.code.compactMap { number, text in
        words.first(where: { text.contains($0) }).map { "\(file.path):\(number): \($0)" }
      }
    }
  }

  @Test func `are there`() {
    #expect(files.count > 150)
    #expect(files.contains { $0.path == "Sources/IOVA/Machine/Locked.swift" })
  }

  // MARK: Size

  @Test func `have at most 400 lines a file`() {
    // The line end after the last line makes an empty one.
    expectNone(files.filter { $0.lines.count - 1 > 400 }.map(\.path))
  }

  @Test func `have at most 100 columns a line`() {
    expectNone(
      files.flatMap { file in
        file.lines.enumerated().filter { $0.element.count > 100 }
          .map { "\(file.path):\($0.offset + 1)" }
      })
  }

  @Test func `have at most 70 lines a function`() {
    var longest: [String] = []
    for file in files {
      for (start, length) in functions(of: file) where length > 70 {
        longest.append("\(file.path):\(start): \(length) lines")
      }
    }
    expectNone(longest)
  }

  /// The first line and the length of each function, from its `func` or `init` to the brace that
  /// closes it in the same column, as the formatter sets it.
  private func functions(of file: SourceFile) -> [(start: Int, length: Int)] {
    var found: [(Int, Int)] = []
    for (index, line) in file.lines.enumerated() {
      let words = line.split { $0 == " " || $0 == "(" || $0 == "<" || $0 == "?" }
      let declares = words.prefix(6).contains { $0 == "func" || $0 == "init" || $0 == "var" }
      guard declares, !line.contains("//") else { continue }
      let indent = line.prefix { $0 == " " }
      let opens = file.lines[index...].prefix(12).firstIndex {
        $0.hasSuffix("{") && $0.prefix { $0 == " " } == indent
      }
      guard let opens, let close = file.lines[opens...].firstIndex(of: indent + "}") else {
        continue
      }
      found.append((index + 1, close - index + 1))
    }
    return found
  }

  // MARK: Boundaries

  /// Where a file in the folders imports one of the modules.
  private func imports(
    of modules: [String], in folders: [String], except allowed: [String] = []
  ) -> [String] {
    files.filter { $0.lies(in: folders) && !$0.lies(in: allowed) }.flatMap { file in
      file.imports.filter { modules.contains($0.module) }
        .map { "\(file.path):\($0.line): \($0.module)" }
    }
  }

  @Test func `of IOVA import nothing of ours, and not Foundation`() {
    expectNone(
      imports(of: ["Generators", "Invariants", "Foundation", "Testing"], in: ["Sources/IOVA"]))
  }

  @Test func `of Generators know the allocator only where its programs are made and run`() {
    let stages = ["Sources/Generators/Interleavings", "Sources/Generators/Zoo"]
    let allocator = "Sources/Generators/Allocator"
    expectNone(imports(of: ["IOVA"], in: ["Sources/Generators"], except: stages + [allocator]))
    // What is written on a stage knows of IOVA the stage.
    let others = files.filter { $0.lies(in: ["Sources/Generators"]) && !$0.lies(in: [allocator]) }
    let words = ["IOVADomain", "LockID", "DomainEvent", "Machine(", "ControlledRun", "ProgramCase"]
    expectNone(places(of: words, in: others))
  }

  @Test func `of Generators and Invariants never know each other`() {
    expectNone(imports(of: ["Invariants"], in: ["Sources/Generators"]))
    expectNone(imports(of: ["Generators"], in: ["Sources/Invariants"]))
  }

  @Test func `use Foundation only in stress`() {
    expectNone(imports(of: ["Foundation"], in: ["Sources"], except: ["Sources/stress"]))
  }

  @Test func `use the operating system and atomics only at their edges`() {
    let modules = ["Dispatch", "Glibc", "Musl", "Darwin", "Synchronization"]
    let edges = [
      "Sources/IOVA/Machine", "Sources/IOVA/Stage", "Sources/Generators/Engine",
      "Sources/Generators/Interleavings", "Sources/Generators/Allocator/Execution",
      "Sources/Generators/Allocator/Proof", "Sources/Invariants/Live", "Sources/stress",
    ]
    let known = [
      // Counts that no lock guards.
      "Sources/IOVA/Domain/IOVADomain.swift", "Sources/IOVA/RangeCache/MagazineCensus.swift",
      // The verdict, which any CPU may reach.
      "Sources/Invariants/LawBook.swift", "Sources/IOVA/Domain/Judge.swift",
      // Kept cases are files, and settings are variables.
      "Sources/Generators/Property/SystemFiles.swift",
    ]
    let found = imports(of: modules, in: ["Sources"], except: edges)
    expectNone(found.filter { place in !known.contains { place.hasPrefix($0) } })
  }

  @Test(arguments: [
    (
      "IOVA",
      [
        "Addresses", "Events", "Revisions", "Stage", "Machine", "RangeTree", "RangeCache",
        "Hardware", "FlushQueue", "Domain",
      ]
    ),
    (
      "Generators",
      [
        "Choices", "Generation", "Schedules", "Shrinking", "Property", "Challenge", "Engine",
        "Interleavings", "Zoo", "Allocator",
      ]
    ),
  ])
  func `know only folders below their own`(module: String, fromTheBottom order: [String]) {
    let folders = order.map { folder in
      files.filter { $0.lies(in: ["Sources/\(module)/\(folder)"]) }
    }
    let all = files.filter { $0.lies(in: ["Sources/\(module)"]) }
    #expect(all.count == folders.joined().count)
    let types = folders.map { files in
      files.reduce(into: Set<String>()) { $0.formUnion($1.declaredTypes(all: false)) }
    }
    var offences: [String] = []
    for (place, files) in folders.enumerated() {
      let above = types[(place + 1)...].reduce(into: Set<String>()) { $0.formUnion($1) }
      for file in files {
        let known = file.words.intersection(above).subtracting(types[place])
          .subtracting(file.declaredTypes(all: true))
        offences += known.sorted().map { "\(file.path): \($0)" }
      }
    }
    expectNone(offences)
  }

  @Test func `never see more of a module than it shows`() {
    expectNone(places(of: ["@" + "testable"], in: files))
  }

  @Test
  func `of the allocator are unchecked only where locks, memory and supervisors meet`() {
    // Primitives of a stage are locks and atomics of the library.
    let own = files.filter {
      $0.lies(in: ["Sources/IOVA"]) && !$0.lies(in: ["Sources/IOVA/Stage"])
    }
    let unchecked = places(of: ["@" + "unchecked Sendable"], in: own)
    #expect(
      unchecked.map { $0.prefix { $0 != ":" } } == [
        "Sources/IOVA/Domain/Judge.swift", "Sources/IOVA/Domain/Judge.swift",
        "Sources/IOVA/Machine/AtomicMemory.swift", "Sources/IOVA/Machine/Locked.swift",
        "Sources/IOVA/Machine/StagedMachine.swift",
        "Sources/IOVA/Machine/SupervisorPort.swift",
        "Sources/IOVA/Machine/SupervisorPort.swift",
      ])
  }

  // MARK: Words

  @Test func `draw from seeds alone`() {
    let words = [
      "System" + "RandomNumberGenerator", ".random" + "(in:", "shuffled" + "()",
      "randomElement" + "()",
    ]
    expectNone(places(of: words, in: files))
  }

  @Test func `ask for the time only in stress`() {
    let words = ["clock_" + "gettime", "Continuous" + "Clock", "Suspending" + "Clock"]
    let timeless = files.filter {
      $0.lies(in: [
        "Sources/IOVA", "Sources/Generators/Allocator/Commands", "Sources/Invariants",
      ])
    }
    expectNone(places(of: words, in: timeless))
    expectNone(places(of: ["clock_" + "gettime"], in: files))
  }

  @Test func `leave nothing to be done`() {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    expectNone(
      files.flatMap { file in
        file.lines.enumerated().compactMap { index, line in
          words.first { line.contains($0) }.map { "\(file.path):\(index + 1): \($0)" }
        }
      })
  }
}
