import IOVA

/// I1, for the small reports that the incremental forms rely on: they agree with a snapshot.
extension LawBook {
  /// The most places that are compared.
  private static let mostReports = 16

  /// Compares the reports on some ranges, and on gaps above them, with a lawful snapshot. O(log n)
  func judgeReports(_ tree: TreeSnapshot, _ domain: IOVADomain) {
    let stray = tree.liveNodes - tree.count
    if domain.strayNodes != stray {
      broken(
        .memoryIsAccounted,
        "\(stray.of("range object")) in no tree, but \(domain.strayNodes) are reported")
    }
    let step = max(1, tree.nodes.count / Self.mostReports)
    for index in stride(from: 0, to: tree.nodes.count, by: step) {
      let node = tree.nodes[index].range
      let above = index + 1 < tree.nodes.count ? tree.nodes[index + 1].range : nil
      let below = index > 0 ? tree.nodes[index - 1].range : nil
      judgeReport(node.lo, Neighbourhood(of: node, between: below, and: above), domain)
      guard let above, above.lo.raw - node.hi.raw > 1 else { continue }
      let gap = PFN(node.hi.raw + 1)
      judgeReport(gap, Neighbourhood(of: nil, between: node, and: above), domain)
    }
  }

  /// Damages a lawful tree in every way and repairs it: each damage has to be noticed. Once for
  /// each book, on a tree of some size. O(1)
  func judgeWatchfulness(_ tree: TreeSnapshot, _ domain: IOVADomain) {
    guard !isBroken, !isKnownToWatch, tree.nodes.count >= 8 else { return }
    isKnownToWatch = true
    for node in tree.nodes.prefix(32).map(\.range) where node.lo.raw != .max {
      if domain.isLawful(around: node.lo, expecting: node.hi.raw &+ 1) {
        return broken(.rangesAreOrdered, "a wrong end of \(node) goes unnoticed")
      }
      for damage in TreeDamage.allCases { judgeWatchfulness(of: node.lo, damage, domain) }
    }
  }

  private func judgeWatchfulness(of pfn: PFN, _ damage: TreeDamage, _ domain: IOVADomain) {
    let mending = domain.tamper { tree -> ((inout RangeTree) -> Void)? in
      tree.tree.find(pfn.raw).flatMap { damage.inflict(on: $0, &tree) }
    }
    guard let mending else { return }
    let isNoticed = !domain.isLawful(around: pfn, expecting: nil)
    domain.tamper(mending)
    if isNoticed { return }
    broken(
      .rangesAreOrdered,
      "the range at \(pfn) was broken by hand, \(damage.rawValue), which goes unnoticed")
  }

  private func judgeReport(_ pfn: PFN, _ expected: Neighbourhood, _ domain: IOVADomain) {
    guard !isBroken else { return }
    var told = Neighbourhood()
    domain.look(around: pfn, &told)
    if told == expected, domain.isLawful(around: pfn, expecting: expected.end) { return }
    broken(
      .rangesAreOrdered, "the tree is lawful around \(pfn), but the report on that place is not")
  }
}

extension Neighbourhood {
  /// The lawful report of a range, or of a gap.
  fileprivate init(of range: PFNRange?, between below: PFNRange?, and above: PFNRange?) {
    self.init()
    isPresent = range != nil
    hi = range?.hi.raw ?? 0
    predecessor = below
    successor = above
  }

  fileprivate var end: UInt64? { isPresent ? hi : nil }
}
