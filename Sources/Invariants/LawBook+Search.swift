import IOVA

/// I10: each answer, and what the tree remembers for the next one, agree with the reference search.
extension LawBook {
  /// I10: the answer and its cost are those of the rules.
  @inline(never)
  func judgeSearch(_ range: PFNRange?, _ request: TreeRequest) {
    guard
      let expected = reference?.answer(request.pages, request.limit, aligned: request.aligned)
    else { return }
    let found = ReferenceSearch.Answer(
      range: range, visits: request.visits, isByShortcut: request.byShortcut,
      tookSecondPass: request.tookSecondPass)
    if found != expected {
      broken(
        .searchFollowsTheRules,
        "a request for \(request.pages) pages up to \(PFN(request.limit &- 1)) \(found.words); "
          + "by the rules it \(expected.words)")
    }
  }

  @inline(never)
  func judgeReference(_ now: SearchState) {
    guard let reference else { return }
    let count = reference.nodes.count - (facts.hasAnchor ? 1 : 0)
    if now.count != count {
      broken(.rangesAreOrdered, "the tree counts \(now.count.of("range")), but there are \(count)")
    }
    judgeReference("cached", now.cached, reference.cached)
    judgeReference("cached32", now.cached32, reference.cached32)
    if facts.shortcut == .none { return }
    judgeReference("max32", now.max32, reference.max32)
    if facts.shortcut == .sound {
      judgeReference("max32 of unaligned requests", now.max32Unaligned, reference.max32Unaligned)
    }
  }

  private func judgeReference(
    _ name: StaticString, _ node: CachedNodeSnapshot?, _ expected: PFN?
  ) {
    guard node?.lo != expected else { return }
    let found = node.map { $0.isAnchor ? "the anchor" : "\($0.lo)" } ?? "nil"
    let rule = expected.map { $0.raw == .max ? "the anchor" : "\($0)" } ?? "nil"
    broken(.searchFollowsTheRules, "\(name) is \(found); by the rules it is \(rule)")
  }

  private func judgeReference(_ name: StaticString, _ size: UInt64, _ expected: UInt64) {
    if size == expected { return }
    broken(.searchFollowsTheRules, "\(name) is \(size); by the rules it is \(expected)")
  }
}
