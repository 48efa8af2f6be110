/// A red-black tree of ranges keyed by `lo`, threaded: every node knows its neighbours in order.
///
/// Knows nothing of searches for room; it keeps order and balance. A structure without a lock,
/// guarded by its owner.
package struct RedBlackTree: ~Copyable {
  package var root: NodeRef?
  /// The lowest and the highest range.
  package private(set) var first: NodeRef?
  package private(set) var last: NodeRef?
  package private(set) var count = 0

  /// Puts a node between its neighbours.
  ///
  /// - Parameter successor: the node right above, or `nil` at the top.
  /// - Complexity: O(1) to place it, O(log n) amortised O(1) to rebalance.
  package mutating func insert(_ node: NodeRef, before successor: NodeRef?) {
    let predecessor = successor.map { $0.previous } ?? last
    node.previous = predecessor
    node.next = successor
    if let predecessor { predecessor.next = node } else { first = node }
    if let successor { successor.previous = node } else { last = node }
    node.left = nil
    node.right = nil
    // Of two neighbours, one has no child on the side of the gap between them.
    if let successor, successor.left == nil {
      successor.left = node
      node.parent = successor
    } else if let predecessor {
      predecessor.right = node
      node.parent = predecessor
    } else {
      root = node
      node.parent = nil
    }
    node.isRed = true
    node.isLinked = true
    count += 1
    rebalance(afterInserting: node)
  }

  /// Takes a node out. Its memory is the caller's.
  ///
  /// - Complexity: O(log n), amortised O(1).
  package mutating func remove(_ node: NodeRef) {
    if let previous = node.previous { previous.next = node.next } else { first = node.next }
    if let next = node.next { next.previous = node.previous } else { last = node.previous }
    unlink(node)
    node.isLinked = false
    count -= 1
  }

  /// The range that contains a pfn. O(log n)
  package func find(_ pfn: UInt64) -> NodeRef? {
    var cursor = root
    while let node = cursor {
      if pfn < node.lo {
        cursor = node.left
      } else if pfn > node.hi {
        cursor = node.right
      } else {
        return node
      }
    }
    return nil
  }

  /// The lowest range whose `hi` is at least `pfn`: it contains the pfn or lies above. O(log n)
  package func lowest(reaching pfn: UInt64) -> NodeRef? {
    var cursor = root
    var best: NodeRef?
    while let node = cursor {
      if node.hi >= pfn {
        best = node
        cursor = node.left
      } else {
        cursor = node.right
      }
    }
    return best
  }
}
