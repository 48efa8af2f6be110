import Foundation
import Generators
import IOVA
import Testing

@Suite struct `A case file` {
  /// A short case with a command of each kind.
  private static let example = """
    stress case, version 2
    program: stress 1.0
    expect: broken
    law: failureIsJustified
    evidence: no room was found
    revision: linux-6.12
    faults: A04, R09
    cpus: 2
    start: 0x1
    boundary: 0x10
    magazine: 3
    depot: 2
    credit: 7
    mode: free
    commands:
    cpu0: reserve(0x2...0x3)
    cpu0: a0 = allocate(4, below: 0xf, aligned)
    cpu1: a1 = allocate(1, below: 0x64)
    cpu1: a2 = allocateFast(2, below: 0x64, flush) starved
    cpu0: a3 = split(a0, at: 1, pages: 2)
    cpu0: free(a0)
    cpu1: freeFast(a2)
    cpu0: flushCaches(cpu1)
    cpu0: flushDepots()
    cpu1: unplug()
    cpu1: plug()
    cpu0: advance(100)
    end

    """

  /// The same in the version before.
  private static let firstVersion = """
    stress case, version 1
    law: failureIsJustified
    evidence: no room was found
    revision: linux-6.12
    faults: A04, R09
    cpus: 2
    start: 0x1
    boundary: 0x10
    magazine: 3
    depot: 2
    credit: 7
    mode: free
    commands: 12
    cpu0: reserve(0x2...0x3)
    cpu0: a0 = allocate(4, below: 0xf, aligned)
    cpu1: a1 = allocate(1, below: 0x64)
    cpu1: a2 = allocateFast(2, below: 0x64, flush) starved
    cpu0: a3 = split(a0, at: 1, pages: 2)
    cpu0: free(a0)
    cpu1: freeFast(a2)
    cpu0: flushCaches(cpu1)
    cpu0: flushDepots()
    cpu1: unplug()
    cpu1: plug()
    cpu0: advance(100)
    end

    """

  private func expectMalformed(
    _ text: String, line: Int, _ reason: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try ProgramCase(text)
      Issue.record("the text was read", sourceLocation: sourceLocation)
    } catch {
      #expect(error.line == line, sourceLocation: sourceLocation)
      if let reason { #expect(error.reason == reason, sourceLocation: sourceLocation) }
    }
  }

  @Test func `is read as it was written`() throws {
    let read = try ProgramCase(Self.example)
    #expect(read.text == Self.example)
    #expect(read.finding.law == "failureIsJustified")
    #expect(read.mode == .free)
    #expect(read.program.commands.count == 12)
    #expect(read.program.handleCount == 4)
    #expect(read.program.settings.initialCredit == 7)
    #expect(read.program.settings.faults == FaultSet([.a04, .r09]))
  }

  @Test func `of version 1 is read as one of version 2`() throws {
    let first = try ProgramCase(Self.firstVersion)
    #expect(first == (try ProgramCase(Self.example)))
    let settings = "mode: controlled\nends: busy\nin order: 5\nschedule: 0 1 2\n"
    let read = try ProgramCase(Self.firstVersion.replacing("mode: free\n", with: settings))
    #expect(read.program.settings.endsBusy)
    #expect(read.program.inOrder == 5)
    #expect(read.choices == [0, 1, 2])
    #expect(try ProgramCase(read.text) == read)
  }

  @Test func `is shown in its document as it is`() throws {
    let page = try Document("Documents/CASES.md")
    let block = try #require(page.blocks.first { $0.first?.hasPrefix("stress case") == true })
    let kept = Document.root.appending(path: "Tests/ConcurrencyTests/Cases/A13.case")
    #expect(
      try ProgramCase(block.joined(separator: "\n") + "\n")
        == ProgramCase(String(contentsOf: kept, encoding: .utf8)))
  }

  @Test func `has every line explained in its document`() throws {
    let explained = Set(
      try Document("Documents/CASES.md").rows.flatMap { $0[0].components(separatedBy: ", ") })
    let forms = SettingForm.always + SettingForm.sometimes
    let lines =
      ["program", "expect", "law", "evidence", "mode", "commands", "schedule"] + forms.map(\.name)
    #expect(lines.filter { !explained.contains("`\($0)`") } == [])
  }

  @Test func `has every command explained in its document, as it is written`() throws {
    let names = Set(CommandForm.all.map(\.name))
    let examples = try Document("Documents/CASES.md").rows
      .flatMap { $0[0].matches(of: /`([^`]*\))`/).map(\.output.1) }
    for example in examples {
      let command = try #require(CommandForm.read(example, cpus: 2), "\(example)")
      #expect(Command(command, on: CPU(0)).description == example)
    }
    let explained = examples.compactMap { $0.firstMatch(of: /(\w+)\(/)?.output.1 }
    #expect(explained.map(String.init).sorted() == names.sorted())
  }

  @Test func `holds a schedule in words, and what runs in order`() throws {
    let text = Self.example.replacing("mode: free\n", with: "mode: controlled\nends: busy\n")
      .replacing("cpu0: reserve", with: "in order: cpu0: reserve")
      .replacing(
        "\nend\n",
        with: "\nschedule:\ncpu1 until 3 \"plug()\" takes rangeTree, 2nd time\n"
          + "worker to its end\nend\n")
    let read = try ProgramCase(text)
    #expect(read.text == text)
    #expect(read.program.inOrder == 1)
    #expect(read.script.turns.map(\.actor) == [1, 2])
    #expect(read.script.turns[0].until?.occurrence == 2)
    expectMalformed(
      text.replacing("worker to its end", with: "worker to the end"), line: 31)
    expectMalformed(
      text.replacing("cpu1: unplug", with: "in order: cpu1: unplug"), line: 26,
      "what runs in order comes before all other commands")
    expectMalformed(
      text.replacing("cpus: 2", with: "cpus: 63"), line: 14, "at most 62 CPUs are interleaved")
  }

  @Test func `may hold comments, empty lines, and line ends of other systems`() throws {
    let lines = Self.example.split(separator: "\n")
    let text = "# found at night\n\n" + lines.joined(separator: "\r\n \t# more\r\n") + "\r\n"
    #expect(try ProgramCase(text) == ProgramCase(Self.example))
  }

  @Test(arguments: Revision.all.map(\.name))
  func `of a random program is read back equal, in every release`(name: String) throws {
    let generator = ProgramGenerator(.everything, revision: try #require(Revision.named(name)))
    for seed in try Rounds(30) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      let before = ProgramCase(Finding(law: "a", evidence: "b: c"), .sequential, program)
      let after = try ProgramCase(before.text)
      #expect(after.text == before.text, seed.line())
      #expect(after.program.commands == before.program.commands, seed.line())
      #expect(
        after.program.settings.configuration == before.program.settings.configuration, seed.line())
    }
  }

  @Test func `cut off at any byte is refused with the number of a line`() throws {
    let bytes = Array(Self.example.utf8)
    let whole = try ProgramCase(Self.example)
    for count in bytes.indices {
      let text = String(decoding: bytes[..<count], as: UTF8.self)
      do {
        // Without the last line end it is whole.
        #expect(try ProgramCase(text) == whole)
        #expect(count == bytes.count - 1)
      } catch {
        let lines = bytes[..<count].count { $0 == UInt8(ascii: "\n") } + 1
        if error.line < 1 || error.line > lines || error.reason.isEmpty {
          Issue.record("cut at \(count): line \(error.line), \(error.reason)")
        }
      }
    }
  }

  @Test(arguments: [
    (1, "stress case, version 3"), (2, "programme: x"), (3, "expect: nothing"), (4, "lore: x"),
    (6, "revision: linux-9"), (7, "faults: A99"),
    (8, "cpus: 0"), (8, "cpus: 65"), (8, "cpus: two"), (9, "start: 0"), (10, "boundary: -1"),
    (11, "magazine: 0"), (11, "magazine: 99999999999999999999"), (13, "credit: some"),
    (14, "mode: fast"), (16, "cpu2: unplug()"),
    (17, "cpu0: allocate(4, below: 0xf)"), (17, "cpu0: a0 = allocate(0, below: 0xf)"),
    (17, "cpu0: a0 = allocate(4, below: 0xffffffffffffffff)"),
    (17, "cpu0: a0 = allocate(4, below: 0xf, flush)"),
    (20, "cpu0: a3 = split(a0, at: 1, pages: 0)"), (21, "cpu0: free()"), (21, "cpu0: free(b0)"),
    (21, "cpu0: free(a999999999)"), (24, "cpu0: flushDepots(cpu0)"), (27, "cpu0: advance(-1)"),
    (16, "cpu0: reserve(0x3...0x2)"), (28, "ende"),
  ])
  func `with one bad line is refused`(line: Int, text: String) {
    var lines = Self.example.split(separator: "\n", omittingEmptySubsequences: false)
    lines[line - 1] = text[...]
    expectMalformed(lines.joined(separator: "\n"), line: line)
  }

  @Test func `of version 1 with more or fewer commands than it says is refused where that shows`() {
    let text = Self.firstVersion
    expectMalformed(text.replacing("commands: 12", with: "commands: 11"), line: 25)
    expectMalformed(text.replacing("commands: 12", with: "commands: 13"), line: 26)
  }

  @Test func `that gives a handle two meanings is refused where it does so again`() {
    expectMalformed(
      Self.example.replacing("a1 =", with: "a0 ="), line: 18, "a0 is defined twice")
  }

  @Test(arguments: [
    (21, "free(a0)", "free(a9)"), (20, "split(a0,", "split(a9,"), (22, "freeFast(a2)", "unmap(a9)"),
  ])
  func `that names a handle without a meaning is refused in that line`(
    line: Int, call: String, other: String
  ) {
    expectMalformed(
      Self.example.replacing(call, with: other), line: line, "no command defines a9")
  }

  @Test func `whose program was cut from another one says which handles have no meaning`() throws {
    let text = Self.example.replacing("mode: free\n", with: "mode: free\nunmade: a7, a9\n")
      .replacing("free(a0)", with: "free(a9)").replacing("freeFast(a2)", with: "freeFast(a7)")
    #expect(try ProgramCase(text).text == text)
    expectMalformed(
      text.replacing("a7, a9", with: "a7, a8"), line: 22, "no command defines a9")
    expectMalformed(
      text.replacing("a7, a9", with: "a7 a9"), line: 15,
      "unmade: expected handles separated by commas")
  }

  @Test func `that uses what was allocated as if it were mapped is refused in that line`() {
    expectMalformed(
      Self.example.replacing("free(a0)", with: "access(a0, page: 0)"), line: 21,
      "a0 is mapped but used otherwise, or there is no such device")
  }

  @Test func `of nothing is refused in its first line`() {
    expectMalformed("", line: 1)
    expectMalformed("\n\n\n", line: 4, "the file ends too early")
    expectMalformed("\u{FEFF}stress case, version 2\n", line: 1)
  }

  @Test func `with changed bytes is read or refused, and never ends the process`() throws {
    try expectHarmless(Array(Self.example.utf8)) { text in
      if let read = try? ProgramCase(text) {
        // What is read must be fit to be run.
        _ = SequentialRun(.none).run(read.program)
      }
    }
  }
}

/// Changes up to three random bytes of a text, ten thousand times.
func expectHarmless(_ bytes: [UInt8], _ read: (String) -> Void) throws {
  for seed in try Rounds(10) {
    var source = ChoiceSource(seed: seed)
    for _ in 0..<1_000 {
      var changed = bytes
      for _ in 0..<source.choose(1...3) {
        let place = source.choose(0...(changed.count - 1))
        switch source.choose(below: 4) {
        case 0: changed[place] = UInt8(source.choose(0...255))
        case 1: changed.remove(at: place)
        case 2: changed.insert(changed[source.choose(0...(changed.count - 1))], at: place)
        default: changed[place] = UInt8(source.choose(48...57))
        }
      }
      read(String(decoding: changed, as: UTF8.self))
    }
    source.reset(seed: seed)
  }
}
