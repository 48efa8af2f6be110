import Generators
import Testing

@Suite struct `Choices` {
  @Test func `follow from the seed alone`() {
    var first = ChoiceSource(seed: Seed(42))
    var second = ChoiceSource(seed: Seed(42))
    for bound in 1...200 as ClosedRange<UInt64> {
      #expect(first.choose(below: bound) == second.choose(below: bound))
    }
    #expect(first.choices == second.choices)
  }

  @Test func `start with the published numbers of SplitMix64`() {
    var numbers = SplitMix64(Seed(1_234_567))
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in numbers.next() } == expected)
  }

  @Test(arguments: 0..<20)
  func `replay to the same sequence`(seed: UInt64) throws {
    var source = ChoiceSource(seed: Seed(seed))
    draw(&source)
    var again = ChoiceSource(replaying: source.choices)
    draw(&again)
    #expect(again.choices == source.choices)
    let parsed = try ChoiceSequence(parsing: source.choices.description)
    #expect(parsed == source.choices)
  }

  private func draw(_ source: inout ChoiceSource) {
    for _ in 0..<source.choose(1...5) {
      source.span("outer") { source in
        _ = source.choose(below: 1000)
        source.span("empty") { _ in }
        source.span("inner") { _ = $0.chance(1, in: 3) }
      }
    }
    _ = source.choose(upTo: .max)
  }

  @Test func `replay clamped, and then as zeros`() {
    var source = ChoiceSource(replaying: ChoiceSequence(values: [3, 900]))
    #expect(source.choose(below: 10) == 3)
    #expect(source.choose(5...20) == 20)
    #expect(source.choose(5...20) == 5)
    #expect(source.chance(3, in: 4) == false)
    #expect(source.choices.description == "3/9 15/15 0/15 0/3")
  }

  @Test func `beyond the limit are zeros, and the overrun shows`() {
    var source = ChoiceSource(seed: Seed(1), limit: 3)
    for _ in 0..<3 { _ = source.choose(upTo: .max) }
    #expect(!source.isOverrun)
    #expect(source.choose(upTo: .max) == 0)
    #expect(source.isOverrun)
    #expect(source.choices.count == 3)
    source.reset(seed: Seed(1))
    #expect(!source.isOverrun)
  }

  @Test(arguments: [
    ("1", "expected /"), ("5/4", "above"), ("a{", "never closed"), ("}", "without"),
    ("99999999999999999999/1", "64 bits"), ("a 1/2", "expected {"), ("1/ 2", "number"),
    ("ä{}", "expected"), ("abcdefghijklmnopq{ }", "16"),
  ])
  func `with a mistake in their text are refused with its place`(text: String, reason: String) {
    do {
      let sequence = try ChoiceSequence(parsing: text)
      Issue.record("\(text) was read as \(sequence)")
    } catch {
      #expect(error.description.contains(reason), "\(error)")
    }
  }
}

@Suite struct `A seed` {
  @Test(arguments: [
    ("0", 0), ("42", 42), ("0x2a", 42), ("0XFF", 255), ("0x9e37_79b9", 0x9e37_79b9),
    ("18446744073709551615", UInt64.max),
  ])
  func `is read in decimal and in hexadecimal`(text: String, value: UInt64) {
    #expect(Seed(text) == Seed(value))
    #expect(Seed(Seed(value).description) == Seed(value))
  }

  @Test(arguments: ["", "0x", "-1", "1.5", "ff", "0xg", "18446744073709551616", " 1", "_1", "1e3"])
  func `is never read from anything else`(text: String) {
    #expect(Seed(text) == nil)
  }

  @Test func `has derived seeds unlike each other`() {
    let derived = Set((0..<10_000).map { Seed(1).derived($0) })
    #expect(derived.count == 10_000)
  }
}
