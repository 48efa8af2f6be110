/// The memory of a tree's nodes: chunks that are kept for the tree's lifetime, and a list of
/// released nodes, which are handed out first.
///
/// Guarded by the tree's lock. Differs from the kernel, which takes range objects from a
/// system-wide cache outside that lock: where the kernel does so, the machine's `MemoryBudget` is
/// asked whether an object is available.
package struct NodeSlab: ~Copyable {
  private static let firstChunk = 32
  private static let largestChunk = 4096

  private var chunks: [UnsafeMutableBufferPointer<Node>] = []
  private var released: NodeRef?
  /// The first node that was never handed out, and the end of its chunk; both nil at first.
  private var fresh: UnsafeMutablePointer<Node>?
  private var freshEnd: UnsafeMutablePointer<Node>?
  /// Chunks from which nodes were handed out.
  private var opened = 0
  /// Nodes handed out and not yet returned.
  package private(set) var live = 0
  /// Nodes that the chunks can hold.
  package var capacity: Int { chunks.reduce(0) { $0 + $1.count } }

  package init() {}

  package mutating func allocate(_ lo: UInt64, _ hi: UInt64) -> NodeRef {
    live += 1
    let memory: UnsafeMutablePointer<Node>
    if let node = released {
      released = node.next
      memory = node.pointer
    } else {
      if fresh == freshEnd { openChunk() }
      memory = fresh.unsafelyUnwrapped
      fresh = memory + 1
    }
    memory.initialize(
      to: Node(
        lo: lo, hi: hi, previous: nil, next: nil, parent: nil, left: nil, right: nil, isRed: false,
        isLinked: false))
    return NodeRef(memory)
  }

  package mutating func release(_ node: NodeRef) {
    precondition(!node.isLinked, "a node that is in the tree can't be released")
    live -= 1
    node.next = released
    released = node
  }

  /// Takes back all nodes, and hands out the same ones in the same order from now on: even a stale
  /// reference finds what it would find in a new slab. O(1)
  package mutating func reset() {
    released = nil
    (fresh, freshEnd) = (nil, nil)
    opened = 0
    live = 0
  }

  /// The number of a node among all that the chunks can hold; nil if it is in none. O(chunks)
  func number(of node: NodeRef) -> Int? {
    var before = 0
    for chunk in chunks {
      let index = chunk.baseAddress.map { node.pointer - $0 } ?? -1
      if chunk.indices.contains(index) { return before + index }
      before += chunk.count
    }
    return nil
  }

  private mutating func openChunk() {
    if opened == chunks.count {
      let count = min(2 * (chunks.last?.count ?? NodeSlab.firstChunk / 2), NodeSlab.largestChunk)
      let raw = UnsafeMutableRawPointer.allocate(
        byteCount: count * MemoryLayout<Node>.stride, alignment: 64)
      let first = raw.bindMemory(to: Node.self, capacity: count)
      chunks.append(UnsafeMutableBufferPointer(start: first, count: count))
    }
    let chunk = chunks[opened]
    fresh = chunk.baseAddress
    freshEnd = fresh.map { $0 + chunk.count }
    opened += 1
  }

  deinit {
    for chunk in chunks { UnsafeMutableRawPointer(chunk.baseAddress)?.deallocate() }
  }
}
