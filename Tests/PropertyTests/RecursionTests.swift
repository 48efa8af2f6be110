import Generators
import Testing

@Suite struct `Recursive values` {
  indirect enum Nest: Sendable {
    case leaf
    case branch([Nest])

    var nodes: Int {
      if case .branch(let inner) = self { inner.reduce(1) { $0 + $1.nodes } } else { 1 }
    }
  }

  /// How a value can hold others.
  enum Shape: CaseIterable {
    case arrays, shortArrays, longArrays, pairs, dictionaries, mixed

    func branch(_ inner: Generator<Nest>) -> Generator<Nest> {
      switch self {
      case .arrays: Self.list(.arrays(of: inner))
      case .shortArrays: Self.list(.arrays(of: inner, count: 0...3))
      case .longArrays: Self.list(.arrays(of: inner, count: 20...50))
      case .pairs: Self.list(.arrays(of: inner, count: 2...2))
      case .dictionaries:
        Generator<[String: Nest]>.dictionaries(keys: .strings(of: "ab"), values: inner)
          .map { entries in .branch(entries.sorted { $0.key < $1.key }.map(\.value)) }
      case .mixed: .oneOf([Shape.arrays.branch(inner), Shape.pairs.branch(inner)])
      }
    }

    private static func list(_ lists: Generator<[Nest]>) -> Generator<Nest> {
      lists.map { .branch($0) }
    }
  }

  private func nests(_ shape: Shape, depth: Int) -> Generator<Nest> {
    .recursive(.just(.leaf), depth: depth) { shape.branch($0) }
  }

  @Test(arguments: Shape.allCases, [5, 8])
  func `come in all sizes, and few are discarded`(shape: Shape, depth: Int) throws {
    for seed in 0..<3 as Range<UInt64> {
      var sizes: [Int] = []
      let settings = PropertySettings(seed: Seed(seed), cases: 200)
      let report = try Property("sizes", folder: nil, settings: settings)
        .check(nests(shape, depth: depth)) { nest, _ in sizes.append(nest.nodes) }
      #expect(report.discarded == 0)
      #expect(sizes.count { (10...1000).contains($0) } >= 67)
      #expect(sizes.contains(1) && sizes.contains { (2...50).contains($0) })
    }
  }

  @Test(arguments: 0..<10)
  func `shrink to the fewest nodes that fail`(seed: UInt64) throws {
    let text = { (shape: Shape) in
      try simplestFailure(seed: seed, nests(shape, depth: 8)) { $0.nodes < 5 }
    }
    #expect(try text(.arrays) == "branch([leaf, leaf, leaf, leaf])")
    #expect(try text(.pairs) == "branch([leaf, branch([leaf, leaf])])")
  }
}
