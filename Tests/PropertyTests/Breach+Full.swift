import IOVA
import Invariants

/// The full forms: a lawful snapshot, and one thing changed.
extension Breach {
  /// 4...5, 8, 10...12, 15, 40 and 100...101 with the anchor; shaped by their insertion.
  static func lawfulTree() -> TreeSnapshot {
    let example = ExampleTree(.current, start: 4)
    for (pages, limit) in [(1, 15), (3, 12), (2, 101), (1, 40), (1, 8), (2, 5)]
      as [(UInt64, UInt64)]
    {
      _ = example.allocate(pages, limit)
    }
    return example.tree.snapshot()
  }

  /// Ten ranges of one page in CPU 0's magazines and the depot, one of four pages with CPU 1; after
  /// an invalidation one range in CPU 0's ring, and two in CPU 1's.
  static func lawfulDomain() throws -> DomainSnapshot {
    let queue = FlushOptions(.perCPU, slots: 4, timeout: 10)
    let example = try ExampleDomain(cpus: 2, magazine: 3, queue: queue)
    let pfns = (0..<6).map { _ in example.allocate(64) }
    for pfn in pfns.prefix(4) { example.deferFree(pfn, 64) }
    for pfn in pfns.suffix(2) { example.deferFree(pfn, 64, on: 1) }
    example.park(10)
    example.free(example.allocate(4, on: 1), 4, on: 1)
    return example.domain.snapshot()
  }

  private static func tree(
    _ law: Invariant<TreeSnapshot>, _ way: String,
    _ change: @escaping @Sendable (inout TreeSnapshot) -> Void
  ) -> Breach {
    Breach(law.law, way) {
      var snapshot = lawfulTree()
      change(&snapshot)
      return law.judge(snapshot)
    }
  }

  static func domain(
    _ law: Invariant<DomainSnapshot>, _ way: String,
    _ change: @escaping @Sendable (inout DomainSnapshot) -> Void
  ) -> Breach {
    Breach(law.law, way) {
      var snapshot = try lawfulDomain()
      change(&snapshot)
      return law.judge(snapshot)
    }
  }

  static let full: [Breach] =
    shapes + cachedNodes + magazines + places + memory + rings + ofHistories + tables

  private static let shapes: [Breach] = [
    tree(.rangesAreOrdered, "two nodes change places") { $0.nodes.swapAt(0, 1) },
    tree(.rangesAreOrdered, "two ranges begin at one pfn") {
      $0.nodes[1].range.lo = $0.nodes[0].range.lo
    },
    tree(.rangesAreOrdered, "a node is missing") { $0.nodes.removeLast() },
    tree(.rangesAreOrdered, "a node counts twice") { $0.count += 1 },
    tree(.rangesAreOrdered, "a child names another parent") {
      $0.nodes[$0.nodes[$0.root!].left!].parent = 0
    },
    tree(.rangesAreOrdered, "a child lies outside") { $0.nodes[$0.root!].left = -1 },
    tree(.rangesAreOrdered, "a node has no parent") {
      $0.root = $0.root! == 0 ? 1 : 0
    },
    tree(.rangesAreOrdered, "a node is marked as freed") { $0.nodes[2].isLinked = false },
    tree(.treeIsRedBlack, "a red root") { $0.nodes[$0.root!].isRed = true },
    tree(.treeIsRedBlack, "a red child of a red node") {
      for index in $0.nodes.indices where index != $0.root { $0.nodes[index].isRed = true }
    },
    tree(.treeIsRedBlack, "one path with a black node more") {
      let leaf = $0.nodes.firstIndex { $0.isRed && $0.left == nil && $0.right == nil }!
      $0.nodes[leaf].isRed = false
    },
    tree(.treeIsRedBlack, "children in a ring") { $0.nodes[$0.root!].left = $0.root },
    tree(.treeIsRedBlack, "a root that is not in the tree") { $0.root = -1 },
    tree(.rangesAreDisjoint, "a range that ends below its beginning") {
      $0.nodes[0].range.hi.raw = $0.nodes[0].range.lo.raw - 1
    },
    tree(.rangesAreDisjoint, "a range that ends where the next begins") {
      $0.nodes[0].range.hi = $0.nodes[1].range.lo
    },
    tree(.anchorStaysOnTop, "the anchor begins lower") {
      $0.nodes[$0.nodes.count - 1].range.lo.raw -= 1
    },
    tree(.anchorStaysOnTop, "the anchor is gone") { $0.nodes.removeLast() },
    tree(.anchorStaysOnTop, "nothing is left") { $0.nodes = [] },
  ]

  private static let cachedNodes: [Breach] = [
    tree(.cachedNodesAreLinked, "cached was freed") { $0.search.cached?.isLinked = false },
    tree(.cachedNodesAreLinked, "cached32 was freed") { $0.search.cached32?.isLinked = false },
    tree(.cachedNodesAreLinked, "cached is nil beside an anchor") { $0.search.cached = nil },
    tree(.cachedNodesArePlaced, "cached is low") { $0.search.cached?.hi = PFN(15) },
    tree(.cachedNodesArePlaced, "cached32 ends below start") { $0.search.cached32?.hi = PFN(3) },
    tree(.max32IsSound, "room of that size, aligned") { $0.search.max32 = 2 },
    tree(.max32IsSound, "room of that size") { $0.search.max32Unaligned = 1 },
  ]

  private static let magazines: [Breach] = [
    domain(.magazinesAreBounded, "no loaded magazine") { $0.caches[0].loaded = nil },
    domain(.magazinesAreBounded, "no previous magazine") { $0.caches[3].previous = nil },
    domain(.magazinesAreBounded, "one magazine twice") { $0.caches[1].isSameMagazine = true },
    domain(.magazinesAreBounded, "an entry too many") {
      $0.caches[0].previous?.append(contentsOf: [PFN(7), PFN(8)])
    },
    domain(.magazinesAreBounded, "a depot that says too much") { $0.depots[0].length += 1 },
    domain(.magazinesAreBounded, "a depot beyond its bound") { $0.depots[0].bound = 1 },
    domain(.trimmingIsAlive, "a long depot without a worker") {
      $0.onlineCPUs = [CPU(0)]
      $0.depots[0].isTrimPending = false
    },
    domain(.unpluggedCachesAreEmpty, "a loaded magazine left behind") { $0.onlineCPUs = [CPU(0)] },
    domain(.unpluggedCachesAreEmpty, "a previous magazine left behind") {
      $0.onlineCPUs = [CPU(0)]
      $0.caches = $0.caches.map {
        var cache = $0
        (cache.loaded, cache.previous) = (cache.previous, cache.loaded)
        return cache
      }
    },
  ]

  private static let places: [Breach] = [
    domain(.everyRangeHasOnePlace, "a pfn twice in a magazine") {
      let pfn = $0.caches[0].loaded![0]
      $0.caches[0].loaded?.append(pfn)
    },
    domain(.everyRangeHasOnePlace, "a pfn in two magazines") {
      $0.caches[6].loaded = [$0.caches[0].loaded![0]]
    },
    domain(.everyRangeHasOnePlace, "a pfn in a magazine and in a depot") {
      $0.depots[0].magazines[0][0] = $0.caches[0].loaded![0]
    },
    domain(.cachedRangesAreInTheTree, "a cached pfn in no range") {
      $0.caches[0].loaded?[0] = PFN(3)
    },
    domain(.cachedRangesAreInTheTree, "a cached pfn inside a range") {
      let long = $0.tree.nodes.first { $0.range.pages == 4 }!
      $0.caches[0].loaded?[0] = PFN(long.range.lo.raw + 1)
    },
    domain(.cachedRangesAreInTheTree, "a range of another class") {
      let long = $0.tree.nodes.first { $0.range.pages == 4 }!
      $0.caches[0].loaded?[0] = long.range.lo
    },
  ]

  private static let memory: [Breach] = [
    domain(.memoryIsAccounted, "a magazine too many") { $0.magazinesLive += 1 },
    domain(.memoryIsAccounted, "a magazine too few") { $0.magazinesLive -= 1 },
    domain(.memoryIsAccounted, "a range object too many") { $0.tree.liveNodes += 1 },
    domain(.memoryIsAccounted, "range objects without memory") {
      $0.tree.hasMemoryForNodes = false
    },
    domain(.memoryIsAccounted, "a ring too many") { $0.flush!.bytes += 160 },
    domain(.memoryIsAccounted, "a ring without its slots") { $0.flush!.rings[0].hasSlots = false },
    domain(.memoryIsAccounted, "magazines of 128 entries and a count") {
      $0.magazineCapacity = 128
      $0.magazineBytes = 2048
    },
  ]
}
