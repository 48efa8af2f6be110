/// Reservations, and the two operations on them that were removed around 5.12.
extension RangeTree {
  /// Marks `lo...hi` as never to be allocated (rule 29).
  ///
  /// Overlapping ranges merge: the first one found grows downwards. Reservations must precede all
  /// allocations (rule 30).
  /// - Parameter highest: the highest pfn of the address space, inclusive.
  /// The caller has already asked for the memory of one range object, so that nothing is left half
  /// done.
  /// - Returns: false if an end lies beyond the address space.
  /// - Complexity: O(n)
  package mutating func reserve(_ lo: UInt64, _ hi: UInt64, highest: UInt64) -> Bool {
    guard (lo <= highest && hi <= highest) || faults.contains(.a15) else { return false }
    var low = lo
    var cursor = tree.first
    var overlapped = false
    while let node = cursor {
      if low <= node.hi && node.lo <= hi {
        overlapped = true
        if low < node.lo { node.lo = low }
        if hi <= node.hi { return true }
        low = node.hi &+ 1
      } else if overlapped {
        break
      }
      cursor = node.next
    }
    insert(low, hi)
    return true
  }

  /// Reserves every range of another tree here (rule 32).
  ///
  /// Called with the lock of the source held, then this one's.
  /// - Parameter reserved: called with each range that was tried, and whether it is reserved.
  /// - Returns: false if one could not be reserved; none above it is tried then.
  package mutating func copyReserved(
    from source: borrowing RangeTree, highest: UInt64, isGranted: () -> Bool,
    reserved: (PFNRange, Bool) -> Void
  ) -> Bool {
    var cursor = source.tree.first
    while let node = cursor {
      if node != source.anchor {
        let isReserved = isGranted() && reserve(node.lo, node.hi, highest: highest)
        reserved(node.range, isReserved)
        guard isReserved else { return false }
      }
      cursor = node.next
    }
    return true
  }

  /// Cuts `lo...hi` out of the range that contains it; the parts on its left and right stay (rule
  /// 33).
  ///
  /// - Returns: false, with nothing changed, if no range contains it, or if there was no memory.
  package mutating func splitAndRemove(_ lo: UInt64, _ hi: UInt64, isGranted: () -> Bool) -> Bool {
    guard let node = tree.find(lo), node != anchor, hi <= node.hi, lo <= hi else { return false }
    let whole = node.range
    if whole.lo.raw < lo, !isGranted() { return false }
    if whole.hi.raw > hi, !isGranted() {
      if whole.lo.raw < lo, faults.contains(.a18) { _ = slab.allocate(whole.lo.raw, lo &- 1) }
      return false
    }
    remove(node)
    slab.release(node)
    if whole.lo.raw < lo { insert(whole.lo.raw, lo &- 1) }
    if whole.hi.raw > hi { insert(hi &+ 1, whole.hi.raw) }
    return true
  }

  /// Inserts a range in order, without moving a cached node (rule 18).
  private mutating func insert(_ lo: UInt64, _ hi: UInt64) {
    let successor = tree.lowest(reaching: lo)
    tree.insert(slab.allocate(lo, hi), before: successor)
  }
}
