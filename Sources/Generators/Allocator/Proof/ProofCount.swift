/// How many distinct interleavings a program has, counted without running anything.
///
/// Only the tree's lock is taken by several CPUs with something to change under it. How often a CPU
/// does that follows from its own commands alone, so the distinct orders are those of these steps:
/// a multinomial coefficient.
public struct ProofCount: Sendable {
  private let space: ProofSpace
  /// For each lane, how often it changes the tree.
  private let changes: [Int]

  public init(_ space: ProofSpace) {
    self.space = space
    changes = space.lanes.map { ProofCount.changes(in: $0, usesCache: space.usesCache) }
  }

  /// A model simple enough to believe: a number of cached ranges.
  private static func changes(in lane: [ProofSpace.Kind], usesCache: Bool) -> Int {
    var cached = 0
    var changes = 0
    for kind in lane {
      switch (kind, usesCache) {
      case (.flush, false): break
      case (_, false): changes += 1
      case (.allocate, true): if cached > 0 { cached -= 1 } else { changes += 1 }
      case (.free, true): cached += 1
      case (.flush, true):
        if cached > 0 { changes += 1 }
        cached = 0
      }
    }
    return changes
  }

  /// The interleavings of all programs of the space together, rounded.
  ///
  /// Lanes that change the tree equally often are equivalent, so only a few mixes have to be
  /// distinguished.
  public var total: Double {
    let alike = Dictionary(grouping: changes) { $0 }.sorted { $0.key < $1.key }
      .map { (changes: $0.key, lanes: $0.value.count) }
    // For each kind of lane, no CPU takes it, or one, two, …, of the CPUs that are left.
    func sum(_ kinds: ArraySlice<(changes: Int, lanes: Int)>, _ cpus: Int, _ steps: Int) -> Double {
      guard let kind = kinds.first else { return cpus == 0 ? 1 : 0 }
      var (total, ways) = (0.0, 1.0)
      for taken in 0...cpus {
        if taken > 0 { ways *= Double(kind.lanes + taken - 1) / Double(taken) }
        let after = steps + taken * kind.changes
        var orders = 1.0
        for lane in 0..<taken {
          orders *= ProofCount.binomial(steps + (lane + 1) * kind.changes, kind.changes)
        }
        total += ways * orders * sum(kinds.dropFirst(), cpus - taken, after)
      }
      return total
    }
    return sum(alike[...], space.cpus, 0)
  }

  private static func binomial(_ whole: Int, _ part: Int) -> Double {
    (0..<part).reduce(1) { $0 * Double(whole - $1) / Double($1 + 1) }
  }

  /// The distinct interleavings of a mix of lanes; nil if there are more than 2^63.
  public func interleavings(_ mix: [Int]) -> UInt64? {
    ExecutionPlan(steps: mix.map { changes[$0] }).interleavings(upTo: 1 << 63)
  }
}
