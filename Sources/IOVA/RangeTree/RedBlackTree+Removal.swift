extension RedBlackTree {
  /// Takes a node out of the tree's shape and restores balance.
  mutating func unlink(_ node: NodeRef) {
    let child: NodeRef?
    let parent: NodeRef?
    let lostBlack: Bool
    if let left = node.left, let right = node.right {
      // The successor has no left child; it takes the node's place and colour.
      var heir = right
      while let lower = heir.left { heir = lower }
      lostBlack = !heir.isRed
      child = heir.right
      if heir == right {
        parent = heir
      } else {
        parent = heir.parent
        replace(heir, by: child)
        heir.right = right
        right.parent = heir
      }
      replace(node, by: heir)
      heir.left = left
      left.parent = heir
      heir.isRed = node.isRed
    } else {
      child = node.left ?? node.right
      parent = node.parent
      lostBlack = !node.isRed
      replace(node, by: child)
    }
    if lostBlack { rebalance(at: child, under: parent) }
  }

  /// Restores the black height of a subtree that is one black node short.
  private mutating func rebalance(at short: NodeRef?, under shortParent: NodeRef?) {
    var node = short
    var parent = shortParent
    while node?.isRed != true, let above = parent {
      let isLeft = above.left == node
      // A subtree that is one black node short has a sibling, since the black heights were equal.
      guard var sibling = isLeft ? above.right : above.left else { return }
      if sibling.isRed {
        sibling.isRed = false
        above.isRed = true
        if isLeft { rotateLeft(above) } else { rotateRight(above) }
        guard let nephew = isLeft ? above.right : above.left else { return }
        sibling = nephew
      }
      let near = isLeft ? sibling.left : sibling.right
      let far = isLeft ? sibling.right : sibling.left
      if near?.isRed != true, far?.isRed != true {
        sibling.isRed = true
        node = above
        parent = above.parent
        continue
      }
      if far?.isRed != true {
        near?.isRed = false
        sibling.isRed = true
        if isLeft { rotateRight(sibling) } else { rotateLeft(sibling) }
        sibling = near!
      }
      sibling.isRed = above.isRed
      above.isRed = false
      if isLeft { sibling.right?.isRed = false } else { sibling.left?.isRed = false }
      if isLeft { rotateLeft(above) } else { rotateRight(above) }
      return
    }
    node?.isRed = false
  }
}
