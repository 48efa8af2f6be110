import IOVA

/// The cost of searching the tree.
extension Claim {
  static let cachedNodes = Claim(
    "C1", "a cached node spares 64-bit requests walks from the top",
    [(.ranges, 2000)]
  ) { knobs in
    let count = knobs[.ranges]
    var uncached = Revision.linux6_12
    uncached.search.cachedNodes = .one
    return [
      Measure(
        "nodes visited to build them, without a 64-bit node",
        stated: knobs.stated(2_001_000, or: count * (count + 1) / 2),
        counted: try visits(building: count, under: uncached)),
      Measure(
        "in linux-4.13, whose tree has no anchor to visit",
        stated: count * (count - 1) / 2,
        counted: try visits(building: count, under: .linux4_13)),
      Measure(
        "nodes visited to build them, with it (6.12)", stated: knobs.stated(2000, or: count),
        counted: try visits(building: count, under: .linux6_12)),
    ]
  }

  private static func visits(building count: Int, under revision: Revision) throws -> Int {
    let domain = try IOVADomain.forClaim(revision)
    return domain.visits {
      for _ in 0..<count {
        _ = domain.allocate(1, below: .limit48, aligned: true, on: CPU(0))
      }
    }
  }

  static let restartPoint = Claim(
    "C17", "a second pass from the limit visits no high ranges",
    [(.ranges, 2000)]
  ) { knobs in
    let count = knobs[.ranges]
    let fromTop = try secondPass(above: count, .fromAnchor)
    let fromLimit = try secondPass(above: count, .fromLimit)
    return [
      Measure(
        "nodes a second pass visits, from the top (5.11)", .atLeast, stated: count,
        counted: fromTop.visits),
      Measure(
        "from the limit (5.13), at most the depth of the tree", .atMost,
        stated: fromLimit.depth, counted: fromLimit.visits),
    ]
  }

  /// A 32-bit request that finds no room below the cached node, in a tree with many high ranges.
  private static func secondPass(
    above count: Int, _ start: SearchRules.SecondPass
  ) throws -> (visits: Int, depth: Int) {
    var revision = Revision.linux6_12
    revision.search.secondPass = start
    let domain = try IOVADomain.forClaim(revision)
    for _ in 0..<count { _ = domain.allocate(1, below: .limit48, aligned: true, on: CPU(0)) }
    // The cached node is now the lowest possible range.
    _ = domain.allocate(1, below: AddressLimit(PFN(1)), aligned: true, on: CPU(0))
    let depth = depth(of: domain.treeSnapshot())
    let visits = domain.visits {
      _ = domain.allocate(1, below: .limit32, aligned: true, on: CPU(0))
    }
    // The first pass visits only the cached node.
    return (visits - 1, depth)
  }

  /// Nodes on the longest path from the root to a leaf.
  private static func depth(of tree: TreeSnapshot) -> Int {
    var level = tree.root.map { [$0] } ?? []
    var depth = 0
    while !level.isEmpty {
      depth += 1
      level = level.flatMap { [tree.nodes[$0].left, tree.nodes[$0].right].compactMap(\.self) }
    }
    return depth
  }
}
