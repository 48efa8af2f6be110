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
  /// Whether the node is in a tree; a freed node keeps its memory, but is no longer linked.
  var isLinked: Bool
}

/// A reference to a node in a slab: a struct around an unsafe pointer, at no extra cost.
///
/// The memory stays valid for the lifetime of the tree, even after the node is freed, so that a
/// stale reference can be recognised (`isLinked`). All unsafe code of the tree is in this file and
/// in `NodeSlab`.
package struct NodeRef: Equatable {
  let pointer: UnsafeMutablePointer<Node>

  @inline(__always)
  init(_ pointer: UnsafeMutablePointer<Node>) { self.pointer = pointer }

  @inline(__always)
  private init?(_ pointer: UnsafeMutablePointer<Node>?) {
    guard let pointer else { return nil }
    self.pointer = pointer
  }

  package var lo: UInt64 {
    @inline(__always) get { pointer.pointee.lo }
    @inline(__always) nonmutating set { pointer.pointee.lo = newValue }
  }
  package var hi: UInt64 {
    @inline(__always) get { pointer.pointee.hi }
    @inline(__always) nonmutating set { pointer.pointee.hi = newValue }
  }
  /// The next lower range.
  package var previous: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.previous) }
    @inline(__always) nonmutating set { pointer.pointee.previous = newValue?.pointer }
  }
  /// The next higher range.
  package var next: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.next) }
    @inline(__always) nonmutating set { pointer.pointee.next = newValue?.pointer }
  }
  package var parent: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.parent) }
    @inline(__always) nonmutating set { pointer.pointee.parent = newValue?.pointer }
  }
  package var left: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.left) }
    @inline(__always) nonmutating set { pointer.pointee.left = newValue?.pointer }
  }
  package var right: NodeRef? {
    @inline(__always) get { NodeRef(pointer.pointee.right) }
    @inline(__always) nonmutating set { pointer.pointee.right = newValue?.pointer }
  }
  package var isRed: Bool {
    @inline(__always) get { pointer.pointee.isRed }
    @inline(__always) nonmutating set { pointer.pointee.isRed = newValue }
  }
  package var isLinked: Bool {
    @inline(__always) get { pointer.pointee.isLinked }
    @inline(__always) nonmutating set { pointer.pointee.isLinked = newValue }
  }
  package var range: PFNRange { PFNRange(PFN(lo), through: PFN(hi)) }
}
