/// Finding and freeing.
extension RangeTree {
  /// The range that contains a pfn (rule 26); never the anchor. O(log n)
  package func find(_ pfn: UInt64) -> PFNRange? {
    guard let node = tree.find(pfn), node != anchor else { return nil }
    return node.range
  }

  /// Frees the whole range that contains `pfn` (rule 27).
  ///
  /// - Returns: the range, or nil if the pfn is in none, which is no error. O(log n)
  package mutating func free(_ pfn: UInt64) -> PFNRange? {
    guard let node = tree.find(pfn), node != anchor else {
      counters.unknownFrees &+= 1
      return nil
    }
    let range = node.range
    remove(node)
    slab.release(node)
    counters.frees &+= 1
    return range
  }

  /// A range that was looked up, to be removed under another hold of the lock.
  package struct Found {
    let node: NodeRef
    let range: PFNRange
  }

  /// The node of the range that contains a pfn; for fault A13 only. O(log n)
  package func lookUp(_ pfn: UInt64) -> Found? {
    guard let node = tree.find(pfn), node != anchor else { return nil }
    return Found(node: node, range: node.range)
  }

  /// Removes what was looked up before; nil if it is gone, or another range by now. O(log n)
  package mutating func remove(found: Found) -> PFNRange? {
    guard found.node.isLinked, found.node.range == found.range else { return nil }
    return free(found.range.lo.raw)
  }

  /// Rules 19 to 21.
  mutating func remove(_ node: NodeRef) {
    noteRemoval(node)
    tree.remove(node)
  }

  /// Starts over with an empty tree, whatever it held: called once, before anything else.
  mutating func initialise() {
    tree = RedBlackTree()
    if let anchor {
      (anchor.lo, anchor.hi) = (.max, .max)
      tree.insert(anchor, before: nil)
    }
    cached = anchor
    cached32 = anchor
    max32 = boundary
    max32Unaligned = boundary
  }

  /// Returns to the initial state, counts included. O(1)
  ///
  /// - Returns: how many range objects were lost; should be 0.
  mutating func reset() -> Int {
    let lost = slab.live - tree.count
    slab.reset()
    tree = RedBlackTree()
    if let anchor {
      let top = slab.allocate(.max, .max)
      precondition(top == anchor, "the first node of a slab is always the same")
      tree.insert(top, before: nil)
    }
    forget()
    return lost
  }

  /// Releases every range and the anchor in one walk, at the end of a domain (rule 31).
  ///
  /// - Returns: how many range objects remain; should be 0.
  package mutating func releaseAll() -> Int {
    var cursor = tree.first
    for _ in 0..<tree.count {
      guard let node = cursor, node.isLinked else { break }
      cursor = node.next
      node.isLinked = false
      slab.release(node)
    }
    tree = RedBlackTree()
    if faults.contains(.a16), anchor != nil { oops = .anchorIsReleased }
    return slab.live
  }
}
