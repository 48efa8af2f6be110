import Generators
import Testing

/// What was drawn for a number of things goes with them, and what pointed at others follows.
@Suite struct `Lowering a number` {
  private static let data = Generator<Int>.integers(in: -1000...1000)

  private static func count(_ range: ClosedRange<Int>) -> Generator<Int> { .integers(in: range) }

  @Test(arguments: 0..<10)
  func `leaves one where all but zero fail`(seed: UInt64) throws {
    #expect(try simplestFailure(seed: seed, Self.count(0...1000)) { $0 == 0 } == "1")
    #expect(try simplestFailure(seed: seed, Generator<Int>.any) { $0 == 0 } == "1")
    let digits = Generator<[Int]>.arrays(of: Self.count(0...9))
    #expect(try simplestFailure(seed: seed, digits) { $0.isEmpty } == "[0]")
  }

  @Test(arguments: 0..<10)
  func `deletes elements of several choices each`(seed: UInt64) throws {
    let array = Generator<[Int]> { source in
      let count = try source.draw(Self.count(0...20))
      return try source.draw(.arrays(of: Self.data, count: count...count))
    }
    let hasLarge = { (list: [Int]) in list.contains { $0 > 900 } }
    #expect(try simplestFailure(seed: seed, array) { !hasLarge($0) } == "[901]")
    let pairs = Generator<[[Int]]> { source in
      let count = try source.draw(Self.count(0...20))
      return try (0..<count).map { _ in [try source.draw(Self.data), try source.draw(Self.data)] }
    }
    let isFound = { (list: [[Int]]) in list.contains { $0[0] > 900 && $0[1] < 0 } }
    #expect(try simplestFailure(seed: seed, pairs) { !isFound($0) } == "[[901, -1]]")
    let unequal = Generator<[[Int]]> { source in
      let count = try source.draw(Self.count(0...12))
      return try (0..<count).map { _ in
        let isLong = source.chance(1, in: 2)
        return try (0..<(isLong ? 2 : 1)).map { _ in try source.draw(Self.data) }
      }
    }
    let isLong = { (list: [[Int]]) in list.contains { $0.count == 2 && $0[1] > 500 } }
    #expect(try simplestFailure(seed: seed, unequal) { !isLong($0) } == "[[0, 501]]")
  }

  @Test(arguments: 0..<10)
  func `deletes rows and columns`(seed: UInt64) throws {
    let flat = Generator<[[Int]]> { source in
      let columns = try source.draw(Self.count(1...8))
      let rows = try source.draw(Self.count(1...8))
      return try (0..<rows).map { _ in
        try (0..<columns).map { _ in try source.draw(Self.data) }
      }
    }
    let lists = Self.count(1...8).then { columns in
      Generator<[[Int]]>.arrays(
        of: .arrays(of: Self.data, count: columns...columns), count: 1...8)
    }
    let isFound = { (table: [[Int]]) in
      table[0].indices.contains { column in table.count { $0[column] > 500 } >= 2 }
    }
    #expect(try simplestFailure(seed: seed, flat) { !isFound($0) } == "[[501], [501]]")
    #expect(try simplestFailure(seed: seed, lists) { !isFound($0) } == "[[501], [501]]")
  }

  @Test(arguments: 0..<10)
  func `deletes from groups that have numbers of their own`(seed: UInt64) throws {
    let groups = Generator<[[[Int]]]> { source in
      try (0..<source.draw(Self.count(0...8))).map { _ in
        try (0..<source.draw(Self.count(0...8))).map { _ in
          try (0..<3).map { _ in try source.draw(Self.data) }
        }
      }
    }
    let isFound = { (groups: [[[Int]]]) in
      groups.indices.contains { index in
        groups[index].contains { $0[0] > 900 && $0[2] < 0 }
          && groups[(index + 1)...].contains { $0.contains { $0[2] > 900 } }
      }
    }
    let answer = try simplestFailure(seed: seed, cases: 5000, groups) { !isFound($0) }
    #expect(answer == "[[[901, 0, -1]], [[0, 0, 901]]]")
  }

  /// Vertices with labels, and edges that name them by number.
  private static func graphs(labels: Int) -> Generator<[[[Int]]]> {
    Generator { source in
      let vertices = try source.draw(count(1...12))
      let all = try (0..<vertices).map { _ in
        try (0..<labels).map { _ in try source.draw(count(0...100)) }
      }
      let vertex = count(0...(vertices - 1))
      let edges = try (0..<source.draw(count(0...20))).map { _ in
        [try source.draw(vertex), try source.draw(vertex)]
      }
      return [all, edges]
    }
  }

  @Test(arguments: 0..<10)
  func `renumbers what pointed at what stays`(seed: UInt64) throws {
    for labels in 1...2 {
      let answer = try simplestFailure(seed: seed, Self.graphs(labels: labels)) { graph in
        !graph[1].contains { edge in
          let (one, other) = (graph[0][edge[0]], graph[0][edge[1]])
          return edge[0] != edge[1] && one[0] == other[0] && one[0] > 0
        }
      }
      #expect(
        answer == (labels == 1 ? "[[[1], [1]], [[0, 1]]]" : "[[[1, 0], [1, 0]], [[0, 1]]]"))
    }
  }
}
