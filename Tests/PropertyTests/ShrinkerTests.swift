import Generators
import Testing

@Suite struct `The shrinker` {
  @Test(arguments: 0..<10)
  func `leaves two commands of hundreds, and no configuration`(seed: UInt64) throws {
    func test(_ source: inout ChoiceSource) -> String? {
      for _ in 0..<4 { _ = source.choose(0...1000) }
      var sum = 0
      var hits = 0
      for _ in 0..<2000 {
        let isMore = source.span("command") { source in
          guard source.chance(400, in: 401) else { return false }
          let kind = source.choose(0...9)
          let size = source.choose(0...100)
          if kind == 7 { hits += 1 }
          sum += size
          return true
        }
        if !isMore { break }
      }
      return hits >= 2 && sum >= 1 ? "seven twice" : nil
    }
    var seeds = Seed(seed)
    var source = ChoiceSource(seed: seeds)
    while test(&source) == nil {
      seeds = seeds.derived(1)
      source.reset(seed: seeds)
    }
    let result = Shrinker().shrink(source.choices, test: test)
    #expect(result.failure == "seven twice")
    #expect(result.minimal.values.count == 4 + 3 + 3 + 1)
    #expect(result.statistics.isComplete)
    #expect(result.minimal.values.prefix(4) == [0, 0, 0, 0])
  }
}
