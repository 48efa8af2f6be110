/// The passes that remove, replace and move whole spans.
extension ShrinkPass {
  /// Deletes runs of sibling spans: large blocks first, then from the last to the first, where the
  /// longest run that can go is found in logarithmically many tries.
  static func deleteSpans(_ search: ShrinkSearch) {
    var parent = -1
    while parent < search.best.spans.count, !search.isOver {
      deleteBlocks(of: parent, search)
      deleteRuns(of: parent, search)
      // An only child is the whole content of its parent, and goes with it.
      let parents = search.best.parents(ofAtLeast: 2)
      guard let next = parents.first(where: { $0 > parent }) else { return }
      parent = next
    }
  }

  /// Deletes blocks of a half, a quarter, … of the siblings, as long as a block has at least four.
  private static func deleteBlocks(of parent: Int, _ search: ShrinkSearch) {
    var size = search.best.children(of: parent).count / 2
    while size >= 4, !search.isOver {
      var end = search.best.children(of: parent).count
      while end > 0, parent < search.best.spans.count, !search.isOver {
        let siblings = search.best.children(of: parent)
        end = min(end, siblings.count)
        let start = max(0, end - size)
        _ = search.attempt(search.best.deleting(siblings[start..<end]))
        end = start
      }
      size /= 2
    }
  }

  private static func deleteRuns(of parent: Int, _ search: ShrinkSearch) {
    var last = Int.max
    while last >= 0, parent < search.best.spans.count, !search.isOver {
      let original = search.best
      let siblings = original.children(of: parent)
      last = min(last, siblings.count - 1)
      guard last >= 0 else { return }
      let deleted = search.gallop(upTo: last + 1) { count in
        search.attempt(original.deleting(siblings[(last - count + 1)...last]))
      }
      last -= max(deleted, 1)
    }
  }

  /// The most distance between two siblings, in a family too large to try every pair.
  private static let pairDistance = 12
  /// The largest family in which every pair is tried.
  private static let pairFamily = 48

  /// The largest family in which every triple is tried.
  private static let tripleFamily = 12

  /// Deletes two or three siblings that can only go together.
  ///
  /// Three or more only if the siblings are commands, or the like, and not plain values: those
  /// seldom depend on each other, and there are many triples.
  static func deletePairs(_ search: ShrinkSearch) {
    var position = 0
    while position < search.best.parents(ofAtLeast: 2).count, !search.isOver {
      let parent = search.best.parents(ofAtLeast: 2)[position]
      deletePairs(of: parent, search)
      position += 1
    }
  }

  private static func deletePairs(of parent: Int, _ search: ShrinkSearch) {
    var first = 0
    while parent < search.best.spans.count, !search.isOver {
      let original = search.best
      let siblings = original.children(of: parent)
      guard first < siblings.count - 1 else { return }
      let reach = siblings.count <= pairFamily ? siblings.count : pairDistance
      let seconds = (first + 1)..<min(siblings.count, first + 1 + reach)
      var didDelete = seconds.contains { second in
        search.attempt(original.deleting([siblings[first], siblings[second]]))
      }
      let choices = siblings[siblings.count - 1].end - siblings[0].start
      if !didDelete, choices >= 3 * siblings.count {
        didDelete = deleteMore(from: first, of: siblings, search)
      }
      if !didDelete { first += 1 }
    }
  }

  /// Deletes from three to six neighbours, or any three.
  private static func deleteMore(
    from first: Int, of siblings: [ChoiceSequence.Span], _ search: ShrinkSearch
  ) -> Bool {
    let original = search.best
    for end in (first + 3)..<max(first + 3, min(first + 6, siblings.count) + 1)
    where end <= siblings.count && search.attempt(original.deleting(siblings[first..<end])) {
      return true
    }
    guard siblings.count <= tripleFamily else { return false }
    for second in siblings.indices.dropFirst(first + 1) {
      for third in siblings.indices.dropFirst(second + 1)
      where search.attempt(
        original.deleting([siblings[first], siblings[second], siblings[third]]))
      {
        return true
      }
    }
    return false
  }

  /// How many descendants of one span are tried in its place.
  private static let descendantLimit = 8

  /// Replaces a span by one of the same label inside it: a tree by its subtree.
  static func keepDescendants(_ search: ShrinkSearch) {
    var index = 0
    while index < search.best.spans.count, !search.isOver {
      let original = search.best
      let span = original.spans[index]
      let descendants = original.spans.indices.dropFirst(index + 1)
        .prefix { original.spans[$0].parent >= index }
        .filter { original.canReplace(span, with: original.spans[$0]) }
        .prefix(descendantLimit)
      let didReplace = descendants.contains { descendant in
        search.attemptAligned(original.replacingSpan(index, withDescendant: descendant))
      }
      if !didReplace { index += 1 }
    }
  }
}

extension ChoiceSequence {
  /// A single 0 instead of the whole is also tried by lowering the first choice.
  fileprivate func canReplace(_ span: Span, with inner: Span) -> Bool {
    inner.label == span.label && inner.range != span.range
      && (inner.range.count > 1 || choices[inner.range].contains { $0.value > 0 })
  }
}
