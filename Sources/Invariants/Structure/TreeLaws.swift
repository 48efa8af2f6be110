import IOVA

/// The full forms of the laws of the range tree: O(n), on a snapshot taken while T is held.
extension Invariant where Subject == TreeSnapshot {
  package static var rangesAreOrdered: Self {
    Self(.rangesAreOrdered) { tree in
      if tree.nodes.count != tree.count {
        return "the tree claims \(tree.count.of("node")), but a walk finds \(tree.nodes.count)"
      }
      for (index, node) in tree.nodes.enumerated() {
        if index > 0, tree.nodes[index - 1].range.lo >= node.range.lo {
          return "\(node.range) does not begin above \(tree.nodes[index - 1].range)"
        }
        if let evidence = misplaced(node.left, below: index, tree) { return evidence }
        if let evidence = misplaced(node.right, below: index, tree) { return evidence }
        if node.parent == nil, tree.root != index { return "\(node.range) has no parent" }
        if !node.isLinked { return "\(node.range) is in the tree but not marked so" }
      }
      return nil
    }
  }

  private static func misplaced(_ child: Int?, below index: Int, _ tree: TreeSnapshot) -> String? {
    guard let child else { return nil }
    let parent = tree.nodes[index].range
    guard child >= 0 else { return told("\(parent) has a child outside of the tree") }
    if tree.nodes[child].parent == index { return nil }
    return told("\(tree.nodes[child].range) does not name \(parent) as its parent")
  }

  package static var treeIsRedBlack: Self {
    Self(.treeIsRedBlack) { tree in
      guard let root = tree.root else { return nil }
      guard root >= 0 else { return "the root is not in the tree" }
      if tree.nodes[root].isRed { return "the root \(tree.nodes[root].range) is red" }
      var height: Int?
      var pending = [(node: root, black: 1)]
      var steps = 0
      while let (index, black) = pending.popLast() {
        steps += 1
        if steps > tree.nodes.count { return "the children form a ring" }
        let node = tree.nodes[index]
        for side in 0..<2 {
          guard let child = side == 0 ? node.left : node.right, child >= 0 else {
            if let height, height != black {
              return "paths through \(node.range) have \(black) black nodes, others have \(height)"
            }
            height = black
            continue
          }
          if node.isRed, tree.nodes[child].isRed {
            return "\(node.range) and its child \(tree.nodes[child].range) are red"
          }
          pending.append((child, black + (tree.nodes[child].isRed ? 0 : 1)))
        }
      }
      return nil
    }
  }

  package static var rangesAreDisjoint: Self {
    Self(.rangesAreDisjoint) { tree in
      for (index, node) in tree.nodes.enumerated() {
        if node.range.lo > node.range.hi { return "\(node.range) ends below its beginning" }
        if index > 0, tree.nodes[index - 1].range.hi >= node.range.lo {
          return "\(tree.nodes[index - 1].range) reaches into \(node.range)"
        }
      }
      return nil
    }
  }

  package static var anchorStaysOnTop: Self {
    Self(.anchorStaysOnTop) { tree in
      guard tree.hasAnchor else { return nil }
      let top = PFNRange(PFN(.max), through: PFN(.max))
      guard let last = tree.nodes.last, last.range == top else {
        return
          "the highest range is \(tree.nodes.last?.range.description ?? "absent"), not the anchor"
      }
      return nil
    }
  }

  package static var cachedNodesAreLinked: Self {
    Self(.cachedNodesAreLinked) { tree in
      CachedNodeLaws.linked(tree.search, hasAnchor: tree.hasAnchor)
    }
  }

  package static var cachedNodesArePlaced: Self {
    Self(.cachedNodesArePlaced) { tree in
      CachedNodeLaws.placed(tree.search, start: tree.start.raw, boundary: tree.boundary)
    }
  }

  package static var max32IsSound: Self {
    Self(.max32IsSound) { tree in
      for (size, aligned) in [(tree.search.max32, true), (tree.search.max32Unaligned, false)]
      where size < tree.boundary {
        let taken = tree.nodes.map(\.range)
        let room = Room(pages: size, start: tree.start.raw, limit: tree.boundary, aligned: aligned)
        if let free = room.find(among: taken) {
          return "max32 is \(size), and \(free) is free below the boundary"
        }
      }
      return nil
    }
  }

  /// The laws checked on a tree now and then, whatever its size.
  package static var all: [Self] {
    [
      rangesAreOrdered, treeIsRedBlack, rangesAreDisjoint, anchorStaysOnTop, cachedNodesAreLinked,
      cachedNodesArePlaced,
    ]
  }
}

/// The laws of the cached nodes, which are O(1) and the same in both forms.
enum CachedNodeLaws {
  @inline(__always)
  static func linked(_ search: SearchState, hasAnchor: Bool) -> String? {
    unlinked("cached", search.cached, hasAnchor) ?? unlinked("cached32", search.cached32, hasAnchor)
  }

  @inline(__always)
  private static func unlinked(
    _ name: StaticString, _ node: CachedNodeSnapshot?, _ hasAnchor: Bool
  ) -> String? {
    guard let node else { return hasAnchor ? told("\(name) is nil") : nil }
    return node.isLinked ? nil : told("\(name) is \(node.lo), which was freed")
  }

  @inline(__always)
  static func placed(_ search: SearchState, start: UInt64, boundary: UInt64) -> String? {
    if let cached = search.cached, !cached.isAnchor, cached.hi.raw < boundary {
      return told("cached ends at \(cached.hi), below the boundary")
    }
    if let cached = search.cached32, cached.hi.raw < start {
      return told("cached32 ends at \(cached.hi), below start")
    }
    return nil
  }
}
