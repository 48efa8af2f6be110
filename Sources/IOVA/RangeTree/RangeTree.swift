/// The ranges of a domain: live, cached, queued and reserved ones alike (rule 3).
///
/// Sizes are in pages, limits exclusive. A structure without a lock; the domain guards it by T.
package struct RangeTree: ~Copyable {
  /// How the last search went, as the laws need it.
  package struct Search {
    /// Predecessor steps over both passes.
    package var visits: UInt64 = 0
    /// Whether the 32-bit shortcut refused the request without a search (rule 8).
    package var wasShortcut = false
    package var usedSecondPass = false
  }

  let rules: SearchRules
  let faults: FaultSet
  /// The lowest usable pfn.
  let start: UInt64
  /// The first pfn beyond 32-bit addresses.
  let boundary: UInt64

  package var tree = RedBlackTree()
  package var slab = NodeSlab()
  package let anchor: NodeRef?
  package var cached: NodeRef?
  package var cached32: NodeRef?
  /// Aligned requests of this size or more can't be met below the boundary; `boundary` means
  /// "unknown".
  package var max32: UInt64
  /// The same for requests that need no alignment; moves with `max32` in every Linux release.
  package var max32Unaligned: UInt64
  package private(set) var search = Search()
  /// What the kernel would have crashed of in the last operation.
  package var oops: Oops?
  package var counters = TreeCounters()

  package init(_ rules: SearchRules, start: UInt64, boundary: UInt64, faults: FaultSet) {
    self.rules = rules.with(faults)
    self.faults = faults
    self.start = start
    self.boundary = boundary
    max32 = boundary
    max32Unaligned = boundary
    if rules.anchor {
      let top = slab.allocate(.max, .max)
      tree.insert(top, before: nil)
      anchor = top
      cached = top
      cached32 = top
    } else {
      anchor = nil
    }
  }

  /// Resets the state that searches and deletes leave behind.
  mutating func forget() {
    cached = anchor
    cached32 = anchor
    max32 = boundary
    max32Unaligned = boundary
    search = Search()
    oops = nil
    counters = TreeCounters()
  }

  /// Ranges without the anchor.
  package var count: Int { tree.count - (anchor == nil ? 0 : 1) }

  /// Range objects that exist, including the anchor.
  package var liveNodes: Int { slab.live }

  /// What the kernel would have crashed of in the last operation; reading it clears it.
  mutating func takeOops() -> Oops? {
    defer { oops = nil }
    return oops
  }

  /// The shortcut refused a request of this size.
  mutating func noteShortcut(_ pages: UInt64) {
    search.wasShortcut = true
    counters.shortcuts &+= 1
    if faults.contains(.a07) {
      max32 = pages
      max32Unaligned = pages
    }
  }

  /// One predecessor step of a search.
  mutating func noteVisit() { search.visits &+= 1 }

  // MARK: Allocate

  /// Finds room for `pages` below `limit` and takes it (rules 7 to 18).
  ///
  /// - Parameter limit: exclusive.
  /// - Returns: the lowest pfn, or nil.
  /// - Complexity: O(ranges) in the worst case, one step with a useful cached node.
  package mutating func allocate(_ pages: UInt64, below limit: UInt64, aligned: Bool) -> UInt64? {
    search = Search()
    if isRefusedByShortcut(pages, limit, aligned) { return nil }
    let mask = aligned ? alignmentMask(pages) : .max
    let place: Place?
    if rules.anchor {
      place = findFromAnchored(pages, limit, mask)
    } else {
      place = findWithoutAnchor(pages, limit, mask)
    }
    counters.nodesVisited &+= search.visits
    counters.longestHold = max(counters.longestHold, search.visits)
    guard let place else {
      noteFailure(pages, limit, aligned)
      return nil
    }
    let node = slab.allocate(place.lo, place.lo &+ pages &- 1)
    tree.insert(node, before: place.above)
    noteInsertion(node, limit)
    counters.allocations &+= 1
    return place.lo
  }

  /// The result of a search: the range goes right below `above`.
  struct Place {
    let lo: UInt64
    let above: NodeRef?
  }

  /// A mask for multiples of the size rounded up to a power of two (rule 7). Above 2^63 that power
  /// is 2^64, and 0 is its only multiple.
  @inline(__always)
  func alignmentMask(_ pages: UInt64) -> UInt64 {
    pages <= 1 ? .max : ~(UInt64.max &>> UInt64((pages &- 1).leadingZeroBitCount))
  }

  /// Rules 9 to 14.
  private mutating func findFromAnchored(
    _ pages: UInt64, _ limit: UInt64, _ mask: UInt64
  ) -> Place? {
    let isLow = faults.contains(.a12) ? limit < boundary : limit <= boundary
    guard let begin = isLow ? cached32 : cached, begin.isLinked else {
      oops = .cachedNodeWasFreed
      return nil
    }
    let retryAbove = begin.hi
    if let place = walk(pages, limit, mask, from: begin, low: start) { return place }
    if oops != nil || rules.secondPass == .none || faults.contains(.a04) { return nil }
    // For the anchor, one above its `hi` wraps to 0: there is no second pass after a full one.
    if faults.contains(.a05) {
      search.usedSecondPass = true
      counters.secondPasses &+= 1
      return walk(pages, limit, mask, from: restart(limit), low: retryAbove &+ 1)
    }
    guard retryAbove < limit else { return nil }
    search.usedSecondPass = true
    counters.secondPasses &+= 1
    return walk(pages, limit, mask, from: restart(limit), low: retryAbove + 1)
  }

  /// Where the second pass starts: the lowest range that reaches the limit (rule 14).
  private func restart(_ limit: UInt64) -> NodeRef {
    if rules.secondPass == .fromAnchor || limit > boundary || faults.contains(.topRestart) {
      return anchor!
    }
    return tree.lowest(reaching: limit) ?? anchor!
  }

  /// First fit, top-down, in the gaps below each visited range (rules 10 to 12).
  @inline(__always)
  private mutating func walk(
    _ pages: UInt64, _ limit: UInt64, _ mask: UInt64, from begin: NodeRef, low: UInt64
  ) -> Place? {
    var high = limit
    var node = begin
    var visits: UInt64 = 0
    let most = UInt64(tree.count) &+ 1
    defer { search.visits &+= visits }
    while true {
      high = min(high, node.lo)
      // Wraps around if less than the size is left below `high`; the guard rejects that (rule 11).
      let candidate = (high &- pages) & mask
      visits &+= 1
      if visits > most {
        oops = .walkDidNotEnd
        return nil
      }
      let lower = node.previous
      if let lower, candidate <= lower.hi, candidate >= low {
        node = lower
        continue
      }
      guard high >= pages, candidate >= low else { return nil }
      return Place(lo: candidate, above: node)
    }
  }
}
