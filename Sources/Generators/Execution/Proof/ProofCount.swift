/// How many interleavings of a program differ, counted without running anything.
///
/// Only the lock of the tree is taken by several CPUs with something to change under it. How often
/// a CPU does that follows from its own commands alone, so the orders that differ are those of
/// these steps: a multinomial coefficient.
public struct ProofCount: Sendable {
  private let space: ProofSpace
  /// By lane, how often it changes the tree.
  private let changes: [Int]

  public init(_ space: ProofSpace) {
    self.space = space
    changes = space.lanes.map { ProofCount.changes(in: $0, usesCache: space.usesCache) }
  }

  /// A model that anyone believes: a number of cached ranges.
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

  /// The interleavings of a mix of lanes that differ; nil if there are more than 2^63.
  public func interleavings(_ mix: [Int]) -> UInt64? {
    ExecutionPlan(steps: mix.map { changes[$0] }).interleavings(upTo: 1 << 63)
  }
}
