/// What surrounds one place of the tree: enough to judge a single change in O(log n).
package struct Neighbourhood: Hashable, Sendable {
  package init() {}

  /// Whether a node with that `lo` is linked.
  package var isPresent = false
  /// The `hi` of that node.
  package var hi: UInt64 = 0
  /// The next lower range.
  package var predecessor: PFNRange?
  /// The next higher range; the anchor counts.
  package var successor: PFNRange?
  /// Whether the neighbours, the parent and the children of the place name each other.
  package var linksAgree = true
  /// Whether the root is black and no red node on the path to it has a red parent.
  package var pathIsLawful = true
  /// Whether the highest range is the anchor, both ends being the highest pfn; true without an
  /// anchor.
  package var anchorIsOnTop = true

  /// Whether the place is lawful, and a range expected there ends where it should.
  @inline(__always)
  func isLawful(at pfn: UInt64, expecting end: UInt64?) -> Bool {
    if let end, !isPresent || hi != end { return false }
    guard linksAgree, pathIsLawful, anchorIsOnTop else { return false }
    var below = predecessor?.hi.raw
    if isPresent {
      if let below, below >= pfn { return false }
      below = hi
    }
    if let below, let successor, below >= successor.lo.raw { return false }
    return true
  }
}

/// The state of the magazines of one CPU and class.
package struct CacheShape: Hashable, Sendable {
  package var loadedCount: Int?
  package var previousCount: Int?
  package var isSameMagazine: Bool
  package var capacity: Int

  package init(loadedCount: Int?, previousCount: Int?, isSameMagazine: Bool, capacity: Int) {
    self.loadedCount = loadedCount
    self.previousCount = previousCount
    self.isSameMagazine = isSameMagazine
    self.capacity = capacity
  }
}

/// The state of a depot.
package struct DepotShape: Hashable, Sendable {
  package var length: Int
  package var isEmpty: Bool
  package var isTrimPending: Bool
  /// Whether, within two links, the list leads to something that is no magazine, or ends too early.
  package var leadsAstray: Bool
  /// Entries of the last magazine that left without being full; nil if each was full.
  package var partial: Int?
}

extension IOVADomain {
  /// What the caches hold; only while nobody runs. O(CPUs × classes)
  package func cacheSums() -> CacheSums { cache.sums() }

  /// Magazines that exist.
  package var liveMagazines: Int { census.live }

  /// Range objects that exist but are not in the tree: should be 0; only while nobody runs.
  package var strayNodes: Int { tree.inspect { $0.liveNodes - $0.tree.count } }

  /// What surrounds a pfn; only with T held. O(log n)
  package func look(around pfn: PFN, _ around: inout Neighbourhood) {
    tree.inspect { $0.tree.look(around: pfn.raw, $0.anchor, &around) }
  }

  /// Whether what `look` finds is lawful. The same checks, but everything stays in registers. Only
  /// with T held. O(log n)
  package func isLawful(around pfn: PFN, expecting end: UInt64?) -> Bool {
    tree.inspect {
      var around = Neighbourhood()
      $0.tree.look(around: pfn.raw, $0.anchor, &around)
      return around.isLawful(at: pfn.raw, expecting: end)
    }
  }

  /// The size in pages from which the 32-bit shortcut refuses requests; the boundary if it refuses
  /// none. Only with T held.
  package var shortcut: UInt64 { tree.inspect { $0.max32 } }

  /// Calls `body` with each range, the lowest first, without the anchor, until it returns false;
  /// only with T held.
  package func forEachRange(_ body: (PFNRange) -> Bool) {
    tree.inspect { $0.forEachRange(body) }
  }

  /// Only with that CPU's C held.
  package func cacheShape(_ cpu: CPU, _ sizeClass: Int) -> CacheShape {
    cache.inspect(cpu, sizeClass) { cache in
      CacheShape(
        loadedCount: cache.loaded?.count, previousCount: cache.previous?.count,
        isSameMagazine: cache.loaded != nil && cache.loaded == cache.previous,
        capacity: cacheRules.magazineCapacity)
    }
  }

  /// Only with D held.
  package func depotShape(_ sizeClass: Int) -> DepotShape {
    cache.inspectDepot(sizeClass) { depot in
      DepotShape(
        length: depot.length, isEmpty: depot.top == nil, isTrimPending: depot.isTrimPending,
        leadsAstray: leadsAstray(depot), partial: depot.partial)
    }
  }

  private func leadsAstray(_ depot: borrowing Depot) -> Bool {
    guard let top = depot.top else { return false }
    guard census.knows(top) else { return true }
    guard let next = top.link else { return depot.length > 1 }
    return depot.length <= 1 || !census.knows(next)
  }

  /// How many requests for memory the machine has refused.
  package var memoryRefusals: UInt64 { machine.memory.refusals }

  /// The rules in force, including the settings that faults need.
  package var effectiveRevision: Revision { configuration.effectiveRevision }
}

extension RedBlackTree {
  /// Reads in place, and no more than the tree: copying what was just written would wait for the
  /// writes.
  @inline(__always)
  func look(around pfn: UInt64, _ anchor: NodeRef?, _ around: inout Neighbourhood) {
    let above = lowest(reaching: pfn)
    let node = above.flatMap { $0.lo == pfn ? $0 : nil }
    let below = if let above { above.previous } else { last }
    let next = if let node { node.next } else { above }
    around.isPresent = node != nil
    around.hi = node?.hi ?? 0
    around.predecessor = below?.range
    around.successor = next?.range
    if let below, below.next != node ?? next { around.linksAgree = false }
    if let next, next.previous != node ?? below { around.linksAgree = false }
    check(node ?? below ?? next, &around)
    if let anchor {
      around.anchorIsOnTop = last == anchor && anchor.lo == .max && anchor.hi == .max
    }
  }

  /// Climbs from a node to the root.
  @inline(__always)
  private func check(_ begin: NodeRef?, _ around: inout Neighbourhood) {
    guard var node = begin else { return }
    if let left = node.left, left.parent != node { around.linksAgree = false }
    if let right = node.right, right.parent != node { around.linksAgree = false }
    var steps = 0
    while let parent = node.parent, steps <= count {
      if parent.left != node && parent.right != node { around.linksAgree = false }
      if node.isRed && parent.isRed { around.pathIsLawful = false }
      node = parent
      steps &+= 1
    }
    if steps > count || root != node { around.linksAgree = false }
    if node.isRed { around.pathIsLawful = false }
  }

}

extension RangeTree {
  func forEachRange(_ body: (PFNRange) -> Bool) {
    var cursor = tree.first
    var steps = 0
    while let node = cursor, node != anchor, steps <= tree.count {
      if !body(node.range) { return }
      cursor = node.next
      steps += 1
    }
  }
}
