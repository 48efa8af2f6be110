import IOVA

/// I1, of the small reports that the incremental forms go by: they say what a snapshot does.
extension LawBook {
  /// Places that are compared at most.
  private static let mostReports = 16

  /// Compares what is said of some ranges and of gaps above them with a lawful snapshot. O(log n)
  func judgeReports(_ tree: TreeSnapshot, _ domain: IOVADomain) {
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

  private func judgeReport(_ pfn: PFN, _ expected: Neighbourhood, _ domain: IOVADomain) {
    guard !isBroken else { return }
    var told = Neighbourhood()
    domain.look(around: pfn, &told)
    if told == expected, domain.isLawful(around: pfn, expecting: expected.end) { return }
    broken(
      .rangesAreOrdered, "the tree is lawful around \(pfn), and what is said of that place is not")
  }
}

extension Neighbourhood {
  /// A lawful one.
  fileprivate init(of range: PFNRange?, between below: PFNRange?, and above: PFNRange?) {
    self.init()
    isPresent = range != nil
    hi = range?.hi.raw ?? 0
    predecessor = below
    successor = above
  }

  fileprivate var end: UInt64? { isPresent ? hi : nil }
}
