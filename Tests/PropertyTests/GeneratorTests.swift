import Generators
import Testing

@Suite struct `A generator` {
  private func draw<Value>(_ generator: Generator<Value>, count: UInt64 = 2000) throws -> [Value] {
    try (0..<count).map { index in
      var source = ChoiceSource(seed: Seed(9).derived(index))
      return try source.draw(generator)
    }
  }

  private func simplest<Value>(_ generator: Generator<Value>) throws -> Value {
    var source = ChoiceSource(replaying: ChoiceSequence())
    return try source.draw(generator)
  }

  @Test func `of integers stays in its range and meets both ends`() throws {
    let values = try draw(Generator<Int8>.integers(in: -100...27))
    #expect(values.allSatisfy { (-100...27).contains($0) })
    #expect(Set(values).isSuperset(of: [-100, -99, -1, 0, 1, 26, 27]))
    let wide = try draw(Generator<Int>.any)
    #expect(Set(wide).isSuperset(of: [.min, .max, 0, 1, -1]))
    #expect(wide.contains { abs($0 / 2) > 1 << 60 } && wide.contains { (2...100).contains($0) })
    #expect(Set(try draw(Generator<UInt64>.any)).isSuperset(of: [0, .max]))
  }

  @Test func `of integers counts away from its origin, above before below`() throws {
    func values<Value>(_ generator: Generator<Value>, upTo last: UInt64) throws -> [Value] {
      try (0...last).map { choice in
        var source = ChoiceSource(replaying: ChoiceSequence(values: [choice]))
        return try source.draw(generator)
      }
    }
    let around = Generator<Int>.integers(in: -3...1)
    #expect(try values(around, upTo: 4) == [0, 1, -1, -2, -3])
    let celsius = Generator<Int>.integers(in: 18...24, origin: 20)
    #expect(try values(celsius, upTo: 6) == [20, 21, 19, 22, 18, 23, 24])
    let negative = Generator<Int8>.integers(in: -128 ... -126)
    #expect(try values(negative, upTo: 2) == [-126, -127, -128])
    #expect(try Set(values(Generator<UInt8>.any, upTo: 255)) == Set(0...255))
    #expect(try Set(values(Generator<Int8>.any, upTo: 255)) == Set(-128...127))
  }

  @Test func `shrinks to its simplest value when every choice is 0`() throws {
    #expect(try simplest(Generator<Bool>.any) == false)
    #expect(try simplest(.optionals(of: Generator<Int>.any)) == nil)
    #expect(try simplest(.arrays(of: Generator<Int>.any, count: 2...9)) == [0, 0])
    #expect(try simplest(.strings(of: "xyz", count: 3...5)) == "xxx")
    #expect(try simplest(.element(of: ["red", "green"])) == "red")
    #expect(try simplest(.permutations(of: [1, 2, 3])) == [1, 2, 3])
    #expect(try simplest(.subsets(of: [1, 2, 3])) == [])
    #expect(try simplest(Generator<Int>.oneOf([.just(7), .any])) == 7)
  }

  @Test func `of collections keeps to the counts it was given`() throws {
    let arrays = try draw(.arrays(of: Generator<Int>.any, count: 2...5))
    #expect(Set(arrays.map(\.count)) == [2, 3, 4, 5])
    let sets = try draw(.sets(of: Generator<Int>.integers(in: 1...49), count: 6...6), count: 100)
    #expect(sets.allSatisfy { $0.count == 6 })
    let letters = Generator<String>.strings(of: "abc", count: 1...1)
    let ages = try draw(
      .dictionaries(keys: letters, values: Generator<Int>.integers(in: 0...9), count: 0...3))
    #expect(Set(ages.map(\.count)) == [0, 1, 2, 3])
    let long = try draw(.arrays(of: Generator<Bool>.any))
    #expect(long.contains { $0.count > 40 } && long.contains { $0.isEmpty })
  }

  @Test func `of orders and choices reaches all of them`() throws {
    #expect(Set(try draw(.permutations(of: [1, 2, 3]))).count == 6)
    #expect(Set(try draw(.subsets(of: [1, 2, 3]))).count == 8)
    #expect(Set(try draw(.optionals(of: Generator<Bool>.any))).count == 3)
    let often = try draw(Generator<Int>.weighted([(9, .just(1)), (1, .just(2)), (0, .just(3))]))
    #expect((1600...1950).contains(often.count { $0 == 1 }))
    #expect(!often.contains(3))
  }

  @Test func `that depends on another's value can rely on it`() throws {
    let grids = Generator<Int>.integers(in: 1...4).then { width in
      Generator<[[Int]]>.arrays(of: .arrays(of: .integers(in: 0...1), count: width...width))
    }
    for grid in try draw(grids, count: 200) {
      #expect(Set(grid.map(\.count)).count <= 1)
    }
  }

  @Test func `that finds nothing suitable says what it looked for`() {
    let impossible = Generator<Int>.integers(in: 0...9).filter("above nine") { $0 > 9 }
    #expect(throws: GaveUp(looking: "above nine")) { try self.draw(impossible, count: 1) }
    let tooMany = Generator<Set<Bool>>.sets(of: .any, count: 3...3)
    #expect(throws: GaveUp.self) { try self.draw(tooMany, count: 1) }
  }

  @Test func `of trees makes all depths, and not too deep`() throws {
    let depths = Generator<Int>.recursive(.just(0), depth: 4) { inner in
      Generator { source in
        1 + max(try source.draw(inner), try source.draw(inner))
      }
    }
    #expect(Set(try draw(depths)) == [0, 1, 2, 3, 4])
  }
}
