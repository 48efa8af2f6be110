/// The cached nodes and the 32-bit shortcut: what a success, a failure and a delete leave behind.
extension RangeTree {
  /// Rule 8: a request below the boundary for at least as much as failed before fails without a
  /// search.
  mutating func isRefusedByShortcut(_ pages: UInt64, _ limit: UInt64, _ aligned: Bool) -> Bool {
    let isLow = faults.contains(.a12b) ? limit < boundary : limit <= boundary
    guard rules.shortcut != .none, isLow, !faults.contains(.idleShortcut) else { return false }
    guard pages >= (aligned ? max32 : max32Unaligned) else { return false }
    noteShortcut(pages)
    return true
  }

  /// Rules 15 and 23.
  mutating func noteFailure(_ pages: UInt64, _ limit: UInt64, _ aligned: Bool) {
    counters.failures &+= 1
    switch rules.shortcut {
    case .none: break
    case .resetByCachedNode, .resetByAnyFree:
      max32 = pages
      max32Unaligned = pages
    case .sound:
      // A limit below the boundary says nothing about the rest of the 32-bit space; a failure of an
      // aligned request says nothing about unaligned ones.
      guard limit >= boundary else { return }
      max32 = min(max32, pages)
      if !aligned { max32Unaligned = min(max32Unaligned, pages) }
    }
  }

  /// Rules 17 and 42.
  mutating func noteInsertion(_ node: NodeRef, _ limit: UInt64) {
    switch rules.cachedNodes {
    case .two:
      let isHigh = rules.dividesUnevenly ? node.lo > boundary : node.hi >= boundary
      if isHigh { cached = node } else { cached32 = node }
    case .one: if limit == boundary { cached32 = node }
    }
  }

  /// Rules 19 and 41 to 42: called before the node is unlinked.
  mutating func noteRemoval(_ node: NodeRef) {
    if !rules.anchor { return noteRemovalWithoutAnchor(node) }
    let anchor = anchor!
    guard let low = cached32, let high = cached, low.isLinked, high.isLinked else {
      oops = .cachedNodeWasFreed
      return
    }
    let isCached = node == low && rules.recognisesCached32
    if isCached || (node.hi < boundary && node.lo >= low.lo) {
      cached32 = node.next ?? anchor
      if rules.shortcut == .resetByCachedNode { resetShortcut() }
    }
    if rules.shortcut != .resetByCachedNode, node.lo < boundary { resetShortcut() }
    if node.lo >= high.lo { cached = node.next ?? anchor }
  }

  private mutating func noteRemovalWithoutAnchor(_ node: NodeRef) {
    switch rules.cachedNodes {
    case .one:
      cached32 = moved(cached32, removing: node, onlyBelowBoundary: true)
    case .two:
      if node.hi < boundary || (node == cached32 && !rules.dividesUnevenly) {
        cached32 = moved(cached32, removing: node, onlyBelowBoundary: false)
      }
      if node.hi >= boundary { cached = moved(cached, removing: node, onlyBelowBoundary: false) }
    }
  }

  /// The cached node after `node` is removed. The successor may be nil at the top; "no cached node"
  /// stays.
  private mutating func moved(
    _ pointer: NodeRef?, removing node: NodeRef, onlyBelowBoundary: Bool
  ) -> NodeRef? {
    guard let pointer else {
      if !rules.expectsAbsence { oops = .cachedNodeIsNil }
      return faults.contains(.a02) ? node.next : nil
    }
    guard pointer.isLinked else {
      oops = .cachedNodeWasFreed
      return pointer
    }
    guard node.lo >= pointer.lo else { return pointer }
    let successor = node.next
    if onlyBelowBoundary, let next = successor, next.lo >= boundary { return nil }
    return successor
  }

  private mutating func resetShortcut() {
    max32 = boundary
    max32Unaligned = boundary
  }
}
