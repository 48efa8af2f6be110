import Generators
import Testing

/// One answer for each property, from whatever order it failed first.
@Suite struct `A permutation` {
  private let orders = Generator<[Int]>.permutations(of: Array(1...20))

  private func text(_ order: [Int]) -> String { "\(order)" }

  @Test(arguments: 0..<20)
  func `keeps no more than what one element must pass`(seed: UInt64) throws {
    func isBefore(_ one: Int, _ other: Int) -> ([Int]) -> Bool {
      { order in order.prefix { $0 != other }.contains(one) }
    }
    let lastBeforeFirst = try simplestFailure(seed: seed, orders) { !isBefore(20, 1)($0) }
    #expect(lastBeforeFirst == text(Array(2...20) + [1]))
    let threeAfterFive = try simplestFailure(seed: seed, orders) { !isBefore(5, 3)($0) }
    #expect(threeAfterFive == text([1, 2] + Array(4...20) + [3]))
    let falling = try simplestFailure(seed: seed, orders) {
      !(isBefore(5, 3)($0) && isBefore(3, 1)($0))
    }
    #expect(falling == text([2] + Array(4...20) + [3, 1]))
  }

  @Test(arguments: 0..<20)
  func `without fixed points moves one element past all`(seed: UInt64) throws {
    let answer = try simplestFailure(seed: seed, orders) { order in
      order.indices.contains { order[$0] == $0 + 1 }
    }
    #expect(answer == text(Array(2...20) + [1]))
  }

  @Test(arguments: 0..<20)
  func `that is not the one given exchanges the last two`(seed: UInt64) throws {
    let answer = try simplestFailure(seed: seed, orders) { $0 == Array(1...20) }
    #expect(answer == text(Array(1...18) + [20, 19]))
  }

  @Test(arguments: 0..<20)
  func `with one place given keeps the rest in order`(seed: UInt64) throws {
    let first = try simplestFailure(seed: seed, orders) { $0[0] != 10 }
    #expect(first == text(Array(10...20) + Array(1...9)))
    let fourth = try simplestFailure(seed: seed, orders) { $0[3] != 7 }
    #expect(fourth == text([1, 2, 3] + Array(7...20) + [4, 5, 6]))
  }

  @Test func `has one record`() throws {
    for seed in 0..<100 as Range<UInt64> {
      var source = ChoiceSource(seed: Seed(seed))
      let order = try source.draw(orders)
      var again = ChoiceSource(replaying: source.choices)
      #expect(try again.draw(orders) == order)
      #expect(again.choices == source.choices)
    }
    var raised = ChoiceSource(replaying: ChoiceSequence(values: [7, 7, 9]))
    #expect(try raised.draw(.permutations(of: [1, 2, 3])) == [1, 2, 3])
    #expect(raised.choices.values == [0, 0, 0])
  }
}
