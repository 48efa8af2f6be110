import Generators
import Testing

@Suite struct `Distinct values` {
  private func passes<Value>(
    _ generator: Generator<Value>, cases: Int = 200, _ holds: (Value) -> Bool
  ) throws -> Bool {
    try simplestFailure(seed: 1, cases: cases, generator, holds: holds)
      == "passed \(cases), discarded 0"
  }

  @Test func `reach the whole of what is finite, and discard nothing`() throws {
    let bytes = Generator<Set<UInt8>>.sets(of: .any, count: 256...256)
    #expect(try passes(bytes) { $0.count == 256 })
    let picks = Generator<Set<Int>>.sets(of: .integers(in: 1...49), count: 49...49)
    #expect(try passes(picks) { $0.count == 49 })
    let even = Generator<UInt8>.any.filter("even") { $0 % 2 == 0 }
    #expect(try passes(.distinctArrays(of: even, count: 128...128)) { Set($0).count == 128 })
    let coarse = Generator<Int>.integers(in: 0...999).map { $0 / 100 }
    let tens = Generator<[Int: Bool]>.dictionaries(keys: coarse, values: .any, count: 10...10)
    #expect(try passes(tens) { $0.count == 10 })
    let seldom = Generator<Int>.weighted([(100_000, .just(1)), (1, .just(2))])
    #expect(try passes(.sets(of: seldom, count: 2...2)) { $0 == [1, 2] })
    let words = Generator<String>.strings(of: "ab", count: 0...4)
    #expect(try passes(.sets(of: words, count: 31...31)) { $0.count == 31 })
    let flags = Generator<[Bool]>.arrays(of: .any, count: 3...3)
    #expect(try passes(.sets(of: flags, count: 8...8)) { $0.count == 8 })
  }

  @Test func `end where there are no more, if that is enough`() throws {
    let few = Generator<Set<Bool>>.sets(of: .any, count: 1...9)
    #expect(try passes(few) { (1...2).contains($0.count) })
  }

  @Test(arguments: 0..<10)
  func `shrink to the simplest that differ`(seed: UInt64) throws {
    let arrays = Generator<[Int]>.distinctArrays(of: .integers(in: 0...49))
    let answer = try simplestFailure(seed: seed, arrays) { list in
      list.count < 3 || !list.contains { $0 >= 10 }
    }
    #expect(answer == "[0, 1, 10]")
    let full = Generator<[Int]>.distinctArrays(of: .integers(in: 0...9), count: 10...10)
    #expect(
      try simplestFailure(seed: seed, full) { $0[0] < 5 } == "[5, 0, 1, 2, 3, 4, 6, 7, 8, 9]")
  }

  @Test(arguments: [
    "\u{301}ab", "\n\rab", "\u{1F1E9}x\u{1F1EA}", "\u{200D}👩💻x", "a\u{1F3FB}👍", "🇩🇪🇫🇷", "abc",
  ])
  func `are the characters of a string, also of those that join`(alphabet: String) throws {
    var drawn: Set<Character> = []
    let strings = Generator<String>.strings(of: alphabet, count: 3...3)
    #expect(
      try passes(strings, cases: 500) { text in
        drawn.formUnion(text)
        return text.count == 3
      })
    #expect(drawn == Set(alphabet))
  }
}
