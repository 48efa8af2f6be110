/// A node of the range tree: one range, both ends inclusive.
///
/// 64 bytes, one cache line: a step of a search touches exactly one.
struct Node {
  var lo: UInt64
  var hi: UInt64
  var previous: UnsafeMutablePointer<Node>?
  var next: UnsafeMutablePointer<Node>?
  var parent: UnsafeMutablePointer<Node>?
  var left: UnsafeMutablePointer<Node>?
  var right: UnsafeMutablePointer<Node>?
  var isRed: Bool
  /// Whether the node is in a tree; a freed node keeps its memory and loses this.
  var isLinked: Bool
}

/// A reference to a node in a slab: a struct around an unsafe pointer, which costs what the pointer
/// costs.
///
/// The memory stays valid for the lifetime of the tree, also after the node was freed: a stale
/// reference can be seen for what it is (`isLinked`). All unsafety of the tree is in this file and
/// in `NodeSlab`.
struct NodeRef: Equatable {
  let pointer: UnsafeMutablePointer<Node>

  @inline(__always)
  init(_ pointer: UnsafeMutablePointer<Node>) { self.pointer = pointer }

  @inline(__always)
  private init?(_ pointer: UnsafeMutablePointer<Node>?) {
    guard let pointer else { return nil }
    self.pointer = pointer
  }

  var lo: UInt64 {
    @inline(__always) get { pointer.pointee.lo }
    @inline(__always) nonmutating set { pointer.pointee.lo = newValue }
  }
  var hi: UInt64 {
    @inline(__always) get { pointer.pointee.hi }
    @inline(__always) nonmutating set { pointer.pointee.hi = newValue }
  }
  /// The next lower range.
  var previous: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.previous) }
    @inline(__always) nonmutating set { pointer.pointee.previous = newValue?.pointer }
  }
  /// The next higher range.
  var next: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.next) }
    @inline(__always) nonmutating set { pointer.pointee.next = newValue?.pointer }
  }
  var parent: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.parent) }
    @inline(__always) nonmutating set { pointer.pointee.parent = newValue?.pointer }
  }
  var left: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.left) }
    @inline(__always) nonmutating set { pointer.pointee.left = newValue?.pointer }
  }
  var right: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.right) }
    @inline(__always) nonmutating set { pointer.pointee.right = newValue?.pointer }
  }
  var isRed: Bool {
    @inline(__always) get { pointer.pointee.isRed }
    @inline(__always) nonmutating set { pointer.pointee.isRed = newValue }
  }
  var isLinked: Bool {
    @inline(__always) get { pointer.pointee.isLinked }
    @inline(__always) nonmutating set { pointer.pointee.isLinked = newValue }
  }
  var range: PFNRange { PFNRange(PFN(lo), through: PFN(hi)) }
}
