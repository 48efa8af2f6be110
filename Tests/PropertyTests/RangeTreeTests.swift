import IOVA
import Testing

/// A tree with the rules of a release, and the few calls that the examples are written in.
final class ExampleTree {
  var tree: RangeTree

  init(
    _ revision: Revision = .linux6_12, start: UInt64 = 1, boundary: UInt64 = 16,
    faults: FaultSet = .none
  ) {
    tree = RangeTree(revision.search, start: start, boundary: boundary, faults: faults)
  }

  /// Allocates below an inclusive limit; nil is "no room".
  func allocate(_ pages: UInt64, _ limit: UInt64, aligned: Bool = false) -> UInt64? {
    tree.allocate(pages, below: limit + 1, aligned: aligned)
  }

  func reserve(_ lo: UInt64, _ hi: UInt64) -> Bool {
    tree.reserve(lo, hi, highest: UInt64.max >> 12)
  }

  @discardableResult
  func free(_ pfn: UInt64) -> PFNRange? { tree.free(pfn) }

  func find(_ pfn: UInt64) -> PFNRange? { tree.find(pfn) }

  /// - Parameter granted: requests for memory that succeed.
  func split(_ lo: UInt64, _ hi: UInt64, granted: Int = .max) -> Bool {
    var credit = granted
    return tree.splitAndRemove(lo, hi) {
      credit -= 1
      return credit >= 0
    }
  }

  /// The ranges without the anchor, as pairs of their ends.
  var ends: [ClosedRange<UInt64>] { tree.ranges.map { $0.lo.raw...$0.hi.raw } }

  /// The lowest pfns of the two cached nodes; nil is the anchor.
  var cached: [UInt64?] {
    [tree.cached, tree.cached32].map { $0 == nil || $0 == tree.anchor ? nil : $0?.lo }
  }
}

@Suite struct `A range tree` {
  @Test func `begins as the anchor alone, from which both searches start`() {
    let example = ExampleTree()
    #expect(example.tree.count == 0)
    #expect(example.tree.anchor?.range == PFNRange(PFN(.max), through: PFN(.max)))
    #expect(example.tree.cached == example.tree.anchor)
    #expect(example.tree.cached32 == example.tree.anchor)
    #expect(example.tree.max32 == 16)
  }

  @Test func `gives from the limit down, without a gap`() {
    let example = ExampleTree()
    #expect(example.allocate(1, 15) == 15)
    #expect(example.allocate(3, 15) == 12)
    #expect(example.allocate(1, 100) == 100)
    #expect(example.allocate(5, 100) == 95)
    #expect(example.ends == [12...14, 15...15, 95...99, 100...100])
  }

  @Test(
    arguments: [
      (1, 14), (2, 12), (3, 12), (4, 8), (5, 8), (7, 8), (8, nil),
    ] as [(UInt64, UInt64?)])
  func `aligns to the size rounded up to a power of two`(pages: UInt64, lo: UInt64?) {
    let example = ExampleTree()
    #expect(example.allocate(1, 15) == 15)
    #expect(example.allocate(pages, 15, aligned: true) == lo)
  }

  @Test func `treats limits as inclusive, the highest pfn of all but one included`() {
    let example = ExampleTree()
    #expect(example.allocate(1, 1) == 1)
    #expect(example.allocate(1, 1) == nil)
    #expect(example.allocate(1, .max - 1) == UInt64.max - 1)
    #expect(example.allocate(1, .max - 1) == UInt64.max - 2)
  }

  @Test func `rejects what would wrap around below pfn 0`() {
    let example = ExampleTree(start: 1)
    #expect(example.allocate(16, 15) == nil)
    #expect(example.allocate(4, 2) == nil)
    #expect(example.allocate(1 << 40, 1 << 30) == nil)
    #expect(example.ends == [])
  }

  @Test func `moves exactly one cached node at each insertion, up or down`() {
    let example = ExampleTree()
    _ = example.allocate(1, 15)
    #expect(example.cached == [nil, 15])
    _ = example.allocate(1, 40)
    #expect(example.cached == [40, 15])
    _ = example.allocate(1, 3)
    #expect(example.cached == [40, 3])
    // Up again: the second pass finds room above the cached node.
    _ = example.allocate(3, 15)
    #expect(example.cached == [40, 12])
  }

  @Test func `counts a range over the boundary as high`() {
    let example = ExampleTree()
    #expect(example.allocate(4, 17) == 14)
    #expect(example.cached == [14, nil])
  }

  @Test func `never moves a cached node for a reservation`() {
    let example = ExampleTree()
    #expect(example.reserve(3, 4))
    #expect(example.reserve(20, 30))
    #expect(example.cached == [nil, nil])
  }

  @Test func `moves cached nodes up when a range at or above them goes`() {
    let example = ExampleTree()
    for lo in [15, 14, 13] as [UInt64] { #expect(example.allocate(1, 15) == lo) }
    example.free(15)
    // Above the cached node, and below the boundary: its neighbour above, the anchor, takes over.
    #expect(example.cached == [nil, nil])
    #expect(example.allocate(1, 15) == 15)
    #expect(example.cached == [nil, 15])
    example.free(13)
    #expect(example.cached == [nil, 15])
    example.free(15)
    #expect(example.cached == [nil, nil])
  }

  @Test func `lets cached32 leave the 32-bit space, and forget what is freed there`() {
    let example = ExampleTree()
    _ = example.allocate(1, 100)
    _ = example.allocate(1, 15)
    example.free(15)
    #expect(example.cached == [100, 100])
    example.free(100)
    #expect(example.cached == [nil, nil])
  }

  @Test func `frees a whole range by any of its pfns, and ignores others`() {
    let example = ExampleTree()
    #expect(example.allocate(4, 15) == 12)
    #expect(example.find(11) == nil)
    #expect(example.find(13) == PFNRange(PFN(12), pages: 4))
    #expect(example.find(.max) == nil)
    #expect(example.free(.max) == nil)
    #expect(example.free(14) == PFNRange(PFN(12), pages: 4))
    #expect(example.free(14) == nil)
    #expect(example.tree.counters.unknownFrees == 2)
    #expect(example.tree.liveNodes == 1)
  }

  @Test func `takes one step for each allocation with cached nodes, and ever more without`() {
    let with = ExampleTree()
    let without = ExampleTree(.linux4_13)
    for count in 0..<200 as Range<UInt64> {
      #expect(with.allocate(1, 1 << 30) == 1 << 30 - count)
      #expect(without.allocate(1, 1 << 30) == 1 << 30 - count)
    }
    #expect(with.tree.counters.nodesVisited == 200)
    // 0 + 1 + … + 199: the step to the highest range is none there.
    #expect(without.tree.counters.nodesVisited == 200 * 199 / 2)
  }

  @Test func `releases every range object at the end`() {
    let example = ExampleTree()
    for _ in 0..<100 { _ = example.allocate(1, 1 << 30) }
    #expect(example.tree.liveNodes == 101)
    let left = example.tree.releaseAll()
    #expect(left == 0)
  }
}
