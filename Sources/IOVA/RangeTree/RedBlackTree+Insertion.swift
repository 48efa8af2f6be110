extension RedBlackTree {
  /// Restores the colours above a new red node: no red node has a red child.
  mutating func rebalance(afterInserting inserted: NodeRef) {
    var node = inserted
    while let parent = node.parent, parent.isRed, let grandparent = parent.parent {
      let isLeft = grandparent.left == parent
      if let uncle = isLeft ? grandparent.right : grandparent.left, uncle.isRed {
        parent.isRed = false
        uncle.isRed = false
        grandparent.isRed = true
        node = grandparent
        continue
      }
      var top = parent
      if isLeft, parent.right == node {
        rotateLeft(parent)
        top = node
      } else if !isLeft, parent.left == node {
        rotateRight(parent)
        top = node
      }
      top.isRed = false
      grandparent.isRed = true
      if isLeft { rotateRight(grandparent) } else { rotateLeft(grandparent) }
      break
    }
    root?.isRed = false
  }

  /// Moves the right child of `node` up into its place.
  mutating func rotateLeft(_ node: NodeRef) {
    let child = node.right!
    node.right = child.left
    child.left?.parent = node
    replace(node, by: child)
    child.left = node
    node.parent = child
  }

  /// Moves the left child of `node` up into its place.
  mutating func rotateRight(_ node: NodeRef) {
    let child = node.left!
    node.left = child.right
    child.right?.parent = node
    replace(node, by: child)
    child.right = node
    node.parent = child
  }

  /// Attaches `other` (or nothing) in place of `node`.
  mutating func replace(_ node: NodeRef, by other: NodeRef?) {
    if let parent = node.parent {
      if parent.left == node { parent.left = other } else { parent.right = other }
    } else {
      root = other
    }
    other?.parent = node.parent
  }
}
