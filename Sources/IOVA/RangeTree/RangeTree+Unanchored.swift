/// The search of the releases without an anchor (rules 41 to 43).
///
/// They check the gaps *above* each visited range, starting at the cached node's lower neighbour or
/// at the highest range, and the cached nodes may be absent.
extension RangeTree {
  mutating func findWithoutAnchor(
    _ pages: UInt64, _ limit: UInt64, _ mask: UInt64
  ) -> Place? {
    let isLow = limit <= boundary
    let usual = isLow ? cached32 : rules.cachedNodes == .two ? cached : nil
    let standIn = isLow && rules.cachedStandsIn && usual == nil ? cached : nil
    let pointer = usual ?? standIn
    if let pointer, !pointer.isLinked {
      oops = .cachedNodeWasFreed
      return nil
    }
    var above = pointer
    var below = pointer.map { $0.previous } ?? tree.last
    // From the cached node to its lower neighbour counts as a step; to the highest range does not.
    if pointer != nil { noteVisit() }
    var high = limit
    if let pointer {
      high = rules.raisesLimits || standIn != nil ? pointer.lo : min(limit, pointer.lo)
    }
    let most = UInt64(tree.count) &+ 1
    while let node = below {
      if high > node.hi {
        let candidate = (high &- pages) & mask
        if fits(candidate, above: node.hi, pages, high) { break }
      }
      high = lowered(high, under: node)
      above = node
      below = node.previous
      noteVisit()
      if search.visits > most {
        oops = .walkDidNotEnd
        return nil
      }
    }
    let candidate = (high &- pages) & mask
    if below == nil, !fitsAtBottom(candidate, pages, high) { return nil }
    return Place(lo: candidate, above: above)
  }

  /// Whether the run at `candidate` does not overlap the range that ends at `hi`.
  private func fits(
    _ candidate: UInt64, above hi: UInt64, _ pages: UInt64, _ high: UInt64
  ) -> Bool {
    // The kernel adds size and padding to `hi`, so a gap smaller than the size never wraps around.
    let padding = high &- pages &- candidate
    let (end, overflow) = hi.addingReportingOverflow(pages &+ padding)
    return !overflow && end < high
  }

  /// The limit, exclusive, below a range.
  private func lowered(_ high: UInt64, under node: NodeRef) -> UInt64 {
    if rules.limitStyle == .inclusive, node.lo == 0 {
      // As an inclusive limit this would be -1, the highest pfn of all; there is nothing below it.
      return faults.contains(.a09) ? .max : 1
    }
    return min(high, node.lo)
  }

  private func fitsAtBottom(_ candidate: UInt64, _ pages: UInt64, _ high: UInt64) -> Bool {
    let padding = high &- pages &- candidate
    let (end, overflow) = start.addingReportingOverflow(pages &+ padding)
    if overflow { return false }
    // Both ends inclusive: this test is off by one for the lowest pfn.
    if faults.contains(.a10) { return end < high }
    return end <= high
  }
}
