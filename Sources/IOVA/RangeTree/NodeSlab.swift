/// The memory of a tree's nodes: chunks that are kept until the tree goes, and a list of free
/// nodes.
///
/// Guarded by the tree's lock. Differs from the kernel, which takes range objects from a
/// system-wide cache outside that lock: whether an object may be had at all is asked of the
/// machine's `MemoryBudget` at the kernel's places.
package struct NodeSlab: ~Copyable {
  private static let firstChunk = 32
  private static let largestChunk = 4096

  private var chunks: [UnsafeMutablePointer<Node>] = []
  private var nextChunk = NodeSlab.firstChunk
  private var free: NodeRef?
  /// Nodes handed out and not yet returned.
  package private(set) var live = 0
  /// Nodes that the chunks can hold.
  package private(set) var capacity = 0

  package init() {}

  package mutating func allocate(_ lo: UInt64, _ hi: UInt64) -> NodeRef {
    if free == nil { grow() }
    let node = free!
    free = node.next
    live += 1
    node.pointer.pointee = Node(
      lo: lo, hi: hi, previous: nil, next: nil, parent: nil, left: nil, right: nil, isRed: false,
      isLinked: false)
    return node
  }

  package mutating func release(_ node: NodeRef) {
    precondition(!node.isLinked, "a node that is in the tree can't be released")
    live -= 1
    node.next = free
    free = node
  }

  /// Takes back all nodes from `first` to `last`, which are threaded to each other, at once. O(1)
  mutating func releaseRun(from first: NodeRef, through last: NodeRef, count: Int) {
    live -= count
    last.next = free
    free = first
  }

  private mutating func grow() {
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: nextChunk * MemoryLayout<Node>.stride, alignment: 64)
    let chunk = raw.bindMemory(to: Node.self, capacity: nextChunk)
    chunks.append(chunk)
    for index in (0..<nextChunk).reversed() {
      let node = NodeRef(chunk + index)
      node.pointer.initialize(
        to: Node(
          lo: 0, hi: 0, previous: nil, next: free?.pointer, parent: nil, left: nil, right: nil,
          isRed: false, isLinked: false))
      free = node
    }
    capacity += nextChunk
    nextChunk = min(nextChunk * 2, NodeSlab.largestChunk)
  }

  deinit {
    for chunk in chunks { UnsafeMutableRawPointer(chunk).deallocate() }
  }
}
