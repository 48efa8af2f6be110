import IOVA

/// One thing in a lawful tree that is broken by hand, and mended: whoever watches has to notice.
enum TreeDamage: String, CaseIterable {
  case successor = "its successor does not name it"
  case predecessor = "its predecessor does not name it"
  case leftChild = "its left child names another parent"
  case rightChild = "its right child names another parent"
  case parent = "its parent is another one"
  case redPair = "it is red, and so is its parent"
  case redRoot = "the root is red"
  case root = "the root is another one"
  case overlap = "it reaches into its successor"
  case anchorBegins = "the anchor begins lower"
  case anchorEnds = "the anchor ends lower"

  /// Breaks a tree around a node; returns what mends it, nil if there is nothing to be broken.
  func inflict(on node: NodeRef, _ tree: inout RangeTree) -> ((inout RangeTree) -> Void)? {
    switch self {
    case .successor: lose(node.next, \.previous)
    case .predecessor: lose(node.previous, \.next)
    case .leftChild: lose(node.left, \.parent)
    case .rightChild: lose(node.right, \.parent)
    case .parent:
      node == tree.tree.root || node.parent == tree.tree.root
        ? nil : set(node, \.parent, tree.tree.root)
    case .redPair: redden(node, node.parent)
    case .redRoot: redden(tree.tree.root, nil, isAlone: true)
    case .root: moveRoot(to: node, &tree)
    case .overlap:
      node.next.flatMap { $0.lo == .max ? nil : set(node, \.hi, $0.lo) }
    case .anchorBegins: tree.anchor.flatMap { set($0, \.lo, .max - 1) }
    case .anchorEnds: tree.anchor.flatMap { set($0, \.hi, .max - 1) }
    }
  }

  private typealias Mending = (inout RangeTree) -> Void

  private func set<Value>(
    _ node: NodeRef, _ path: ReferenceWritableKeyPath<NodeRef, Value>, _ value: Value
  ) -> Mending? {
    let old = node[keyPath: path]
    node[keyPath: path] = value
    return { _ in node[keyPath: path] = old }
  }

  private func lose(
    _ node: NodeRef?, _ path: ReferenceWritableKeyPath<NodeRef, NodeRef?>
  ) -> Mending? {
    node.flatMap { set($0, path, nil) }
  }

  private func redden(_ node: NodeRef?, _ above: NodeRef?, isAlone: Bool = false) -> Mending? {
    guard let node, isAlone || above != nil else { return nil }
    let (old, oldAbove) = (node.isRed, above?.isRed)
    node.isRed = true
    above?.isRed = true
    return { _ in
      node.isRed = old
      if let oldAbove { above?.isRed = oldAbove }
    }
  }

  private func moveRoot(to node: NodeRef, _ tree: inout RangeTree) -> Mending? {
    guard let root = tree.tree.root, root != node else { return nil }
    tree.tree.root = node
    return { $0.tree.root = root }
  }
}
