import Generators
import IOVA
import Testing

@Suite struct `A schedule in words` {
  private static let lexicon = AllocatorLexicon(cpus: 2)
  /// What every point there is is called.
  private static let phrases =
    lexicon.points.map { lexicon.phrase($0) }
    + [0, 255].flatMap { sizeClass in
      [0, 65535].map { "takes \(LockID.cpuCache(CPU($0), sizeClass))" }
    }

  private static func turn(_ line: String) throws -> Script.Turn {
    try #require(Script.Turn(line, cpus: 2))
  }

  @Test func `reads as a sentence`() throws {
    let lines = [
      "cpu0 until 2 \"freeShared(a0)\" takes rangeTree",
      "cpu1 until 1 \"freeFast(a1)\" has released depot(class 0), 2nd time",
      "worker until 1 \"a timer\" has a magazine to give back",
      "cpu0 until 3 \"teardown\" takes cpuCache(cpu1, class 4), 11th time", "cpu1 to its end",
      "cpu7 until 1 \"free(a1)\" uses its handle, 23rd time",
    ]
    let turns = try lines.map(Self.turn)
    #expect(Script(turns).lines(cpus: 2) == lines)
    #expect(turns.map(\.actor) == [0, 1, 2, 0, 1, 8])
    #expect(turns[1].until?.point == "has released depot(class 0)")
    #expect(turns[1].until?.occurrence == 2)
    #expect(turns[4].until == nil)
  }

  @Test func `calls no two points the same`() {
    let phrases = Self.lexicon.points.map { Self.lexicon.phrase($0) }
    #expect(Set(phrases).count == phrases.count)
  }

  @Test(arguments: phrases)
  func `is read as it was written, wherever a turn ends`(phrase: String) throws {
    let turn = try Self.turn("cpu1 until 7 \"a0 = split(a1, at: 1, pages: 2)\" \(phrase)")
    #expect(turn.until?.point == phrase)
    #expect(Script.Turn(turn.line(cpus: 2), cpus: 2) == turn)
    for occurrence in [1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111] {
      var other = turn
      other.until?.occurrence = occurrence
      #expect(Script.Turn(other.line(cpus: 2), cpus: 2) == other)
    }
  }

  @Test(arguments: [
    "", "cpu0", "cpu0 ", "cpu to its end", "cpu0 to its end ", "worker2 to its end",
    "cpu0 until", "cpu0 until \"a timer\" takes rangeTree",
    "cpu0 until 0 \"a timer\" takes rangeTree", "cpu0 until 1 \"a timer\"",
    "cpu0 until 1 \"a timer\" takes", "cpu0 until 1 \"a timer\" takes nothing",
    "cpu0 until 1 \"a timer\" takes depot(class 256)",
    "cpu0 until 1 \"a timer\" takes cpuCache(cpu0)",
    "cpu0 until 1 \"a timer\" takes cpuCache(cpu65536, class 0)",
    "cpu0 until 1 \"a timer\" takes rangeTree, 1st time",
    "cpu0 until 1 \"a timer\" takes rangeTree, 2th time",
    "cpu0 until 1 \"a timer\" takes rangeTree, 99999999999999999999th time",
    "cpu0 until 99999999 \"a timer\" takes rangeTree", "cpu0 until 1 \" takes rangeTree",
    "cpu99999999999999999999 to its end",
  ])
  func `that is none is refused`(line: String) {
    #expect(Script.Turn(line, cpus: 2) == nil)
  }

  /// Some bytes removed, repeated or changed.
  private func mutated(
    _ text: String, upTo changes: Int, _ source: inout ChoiceSource
  ) -> String {
    var bytes = Array(text.utf8)
    let tricky = Array("0123456789\"(),: \n\u{0}cpuatw_é".utf8) + [0xFF, 0xC3, 0x80]
    for _ in 0..<source.choose(1...changes) where !bytes.isEmpty {
      let place = source.choose(0...(bytes.count - 1))
      let byte = tricky[source.choose(0...(tricky.count - 1))]
      switch source.choose(below: 4) {
      case 0: bytes.remove(at: place)
      case 1: bytes.insert(byte, at: place)
      case 2: bytes[place] = byte
      default: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `with changed bytes is read or refused, ten thousand times`() throws {
    let lines = try KeptCases.names.flatMap { try KeptCases.read($0).script.lines(cpus: 2) }
    var source = ChoiceSource(seed: Seed(1))
    var refused = 0
    for number in 0..<10_000 {
      source.reset(seed: Seed(1).derived(UInt64(number)))
      let line = mutated(lines[number % lines.count], upTo: 4, &source)
      guard let turn = Script.Turn(line, cpus: 2) else {
        refused += 1
        continue
      }
      #expect(Script.Turn(turn.line(cpus: 2), cpus: 2) == turn)
    }
    #expect((1000..<9900).contains(refused), "\(refused) were refused")
  }

  @Test func `of a case with changed bytes is followed or refused, ten thousand times`() throws {
    let texts = try KeptCases.names.filter { !$0.hasPrefix("Unlocked") }.map {
      try KeptCases.read($0).text
    }
    var source = ChoiceSource(seed: Seed(1))
    var read = 0
    let run = ControlledRun(cpus: 4, .none)
    for number in 0..<10_000 {
      source.reset(seed: Seed(2).derived(UInt64(number)))
      let text = mutated(texts[number % texts.count], upTo: 2, &source)
      guard let file = try? ProgramCase(text) else { continue }
      read += 1
      // More CPUs are lawful, and slow.
      guard file.program.settings.cpus <= 4 else { continue }
      _ = run.replay(file.program, file.script)
    }
    #expect((1000..<9900).contains(read), "\(read) were read")
  }
}
