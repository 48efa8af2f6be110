/// One node of the tree, with its links as positions in the snapshot's list.
package struct NodeSnapshot: Hashable, Sendable {
  package var range: PFNRange
  package var isRed: Bool
  package var isLinked: Bool
  package var parent: Int?
  package var left: Int?
  package var right: Int?
}

/// Where a cached node points.
package struct CachedNodeSnapshot: Hashable, Sendable {
  package var lo: PFN
  package var hi: PFN
  package var isLinked: Bool
  package var isAnchor: Bool
}

/// Where the next search starts, and the state of the shortcut.
package struct SearchState: Hashable, Sendable {
  /// Ranges without the anchor.
  package var count = 0
  package var cached: CachedNodeSnapshot?
  package var cached32: CachedNodeSnapshot?
  package var max32: UInt64 = 0
  package var max32Unaligned: UInt64 = 0

  package init() {}
}

/// The tree at one moment, in order, the anchor included.
package struct TreeSnapshot: Sendable {
  package var nodes: [NodeSnapshot]
  package var root: Int?
  package var count: Int
  package var hasAnchor: Bool
  package var start: PFN
  package var boundary: UInt64
  package var search: SearchState
  package var liveNodes: Int
  /// Whether there is memory for all of them.
  package var hasMemoryForNodes: Bool
}

/// The two magazines of one CPU and class; nil is a magazine that does not exist.
package struct CPUCacheSnapshot: Sendable {
  package var cpu: CPU
  package var sizeClass: Int
  package var loaded: [PFN]?
  package var previous: [PFN]?
  package var isSameMagazine: Bool
  package var capacity: Int
}

package struct DepotSnapshot: Sendable {
  package var sizeClass: Int
  /// As stored, the top first; followed at most one magazine further than `length` says.
  package var magazines: [[PFN]]
  package var length: Int
  package var isTrimPending: Bool
  package var capacity: Int
  package var isList: Bool
  package var bound: Int?
}

/// A whole domain at rest.
package struct DomainSnapshot: Sendable {
  package var tree: TreeSnapshot
  package var caches: [CPUCacheSnapshot]
  package var depots: [DepotSnapshot]
  package var onlineCPUs: [CPU]
  package var cpuCount: Int
  package var magazinesLive: Int
  package var magazineBytes: Int
  package var magazineCapacity: Int
  /// Nil if invalidations are not deferred.
  package var flush: FlushSnapshot?
}

extension RangeTree {
  /// All ranges but the anchor, in order. O(n)
  package var ranges: [PFNRange] {
    var found: [PFNRange] = []
    var cursor = tree.first
    while let node = cursor {
      if node != anchor { found.append(node.range) }
      cursor = node.next
    }
    return found
  }

  /// The whole tree, in order. Follows the children, and stops after as many nodes as there should
  /// be.
  package func snapshot() -> TreeSnapshot {
    var order: [NodeRef] = []
    order.reserveCapacity(tree.count + 1)
    var pending: [NodeRef] = []
    var cursor = tree.root
    while order.count <= tree.count, pending.count <= tree.count {
      while let node = cursor, pending.count <= tree.count {
        pending.append(node)
        cursor = node.left
      }
      guard let node = pending.popLast() else { break }
      order.append(node)
      cursor = node.right
    }
    var positions = Array(repeating: -1, count: slab.capacity)
    for (index, node) in order.enumerated() {
      if let number = slab.number(of: node) { positions[number] = index }
    }
    func place(_ node: NodeRef?) -> Int? {
      node.map { slab.number(of: $0).map { positions[$0] } ?? -1 }
    }
    return TreeSnapshot(
      nodes: order.map {
        NodeSnapshot(
          range: $0.range, isRed: $0.isRed, isLinked: $0.isLinked, parent: place($0.parent),
          left: place($0.left), right: place($0.right))
      },
      root: place(tree.root), count: tree.count, hasAnchor: rules.anchor, start: PFN(start),
      boundary: boundary, search: searchState, liveNodes: slab.live,
      hasMemoryForNodes: slab.live <= slab.capacity)
  }

  package var searchState: SearchState {
    var state = SearchState()
    read(&state)
    return state
  }

  func read(_ state: inout SearchState) {
    state.count = count
    state.cached = snapshot(of: cached)
    state.cached32 = snapshot(of: cached32)
    state.max32 = max32
    state.max32Unaligned = max32Unaligned
  }

  func snapshot(of node: NodeRef?) -> CachedNodeSnapshot? {
    node.map {
      CachedNodeSnapshot(
        lo: PFN($0.lo), hi: PFN($0.hi), isLinked: $0.isLinked, isAnchor: $0 == anchor)
    }
  }
}

extension IOVADomain {
  /// The state that a search starts from; only with T held, or while nobody runs. O(1)
  package var searchState: SearchState { tree.inspect { $0.searchState } }

  /// The same, read in place.
  package func read(_ state: inout SearchState) { tree.inspect { $0.read(&state) } }

  /// The tree; only with T held, or while nobody runs.
  package func treeSnapshot() -> TreeSnapshot { tree.inspect { $0.snapshot() } }

  /// The caches of one CPU and class; only with C held, or while nobody runs.
  package func cacheSnapshot(_ cpu: CPU, _ sizeClass: Int) -> CPUCacheSnapshot {
    cache.inspect(cpu, sizeClass) { cache in
      CPUCacheSnapshot(
        cpu: cpu, sizeClass: sizeClass, loaded: cache.loaded.flatMap(entries),
        previous: cache.previous.flatMap(entries),
        isSameMagazine: cache.loaded != nil && cache.loaded == cache.previous,
        capacity: cacheRules.magazineCapacity)
    }
  }

  /// The depot of a class; only with D held, or while nobody runs.
  package func depotSnapshot(_ sizeClass: Int) -> DepotSnapshot {
    cache.inspectDepot(sizeClass) { depot in
      var bound: Int?
      if case .bounded(let most) = cacheRules.depot { bound = most }
      return DepotSnapshot(
        sizeClass: sizeClass,
        magazines: depot.magazines(census.knows).map { magazine in
          (0..<cacheRules.magazineCapacity).map { PFN(magazine[$0]) }
        },
        length: depot.length, isTrimPending: depot.isTrimPending,
        capacity: cacheRules.magazineCapacity, isList: bound == nil, bound: bound)
    }
  }

  /// Everything; only while nobody runs.
  package func snapshot() -> DomainSnapshot {
    let cpus = (0..<machine.cpuCount).map { CPU($0) }
    let classes = cacheRules.isEnabled ? Self.sizeClassCount : 0
    var caches: [CPUCacheSnapshot] = []
    caches.reserveCapacity(cpus.count * classes)
    for cpu in cpus {
      for sizeClass in 0..<classes { caches.append(cacheSnapshot(cpu, sizeClass)) }
    }
    return DomainSnapshot(
      tree: treeSnapshot(), caches: caches,
      depots: (0..<classes).map(depotSnapshot),
      onlineCPUs: cpus.filter(machine.isOnline), cpuCount: cpus.count, magazinesLive: census.live,
      magazineBytes: Magazine.bytes(capacity: cacheRules.magazineCapacity),
      magazineCapacity: cacheRules.magazineCapacity, flush: flushSnapshot())
  }

  /// Linux: 6.
  package static var sizeClassCount: Int { SizeClass.count }

  /// A magazine's entries, plus one if it claims to hold too many; nil if it is not a magazine.
  private func entries(_ magazine: Magazine) -> [PFN]? {
    guard census.knows(magazine) else { return nil }
    let capacity = cacheRules.magazineCapacity
    let count = max(0, min(magazine.count, capacity))
    var entries = (0..<count).map { PFN(magazine[$0]) }
    if !(0...capacity).contains(magazine.count) { entries.append(PFN(0)) }
    return entries
  }

  /// The counts so far; exact when nobody runs.
  public var counters: Counters {
    var counters = Counters()
    tree.inspect { counters.tree = $0.counters }
    counters.treeLockAcquisitions = tree.acquisitions
    cache.count(into: &counters)
    invalidator.count(into: &counters.flush)
    flushQueue?.count(into: &counters.flush)
    counters.magazinesLive = census.live
    counters.magazinesAllocated = census.made
    counters.magazinesTrimmed = tally.trimmed.load(ordering: .relaxed)
    counters.flushes = tally.flushes.load(ordering: .relaxed)
    counters.rangesReturned = tally.returned.load(ordering: .relaxed)
    counters.lowAttempts = tally.lowAttempts.load(ordering: .relaxed)
    counters.memoryRefusals = machine.memory.refusals
    return counters
  }
}
