/// The passes that remove choices and repair what depended on their number.
extension ShrinkPass {
  /// Deletes up to eight neighbouring choices of one span; or a 0 that ends a span, together with
  /// what begins the next: without the "stop" and the "go on" after it, two lists become one.
  static func deleteChoices(_ search: ShrinkSearch) {
    for size in stride(from: 8, through: 1, by: -1) {
      var start = search.best.count - size
      var owners = search.best.owners()
      while start >= 0, !search.isOver {
        let original = search.best
        guard start + size <= original.count else {
          start = original.count - size
          continue
        }
        let range = start..<(start + size)
        if owners.isWorthDeleting(range), search.attempt(original.deleting(range)) {
          owners = search.best.owners()
          start -= size
        } else {
          start -= 1
        }
      }
    }
  }

  /// How many places after a number are tried for deleting what it counted.
  private static let placeLimit = 24

  /// Lowers a number and deletes as many choices, or spans, after it: a length and its elements.
  static func lowerAndDelete(_ search: ShrinkSearch) {
    var position = 0
    while position < search.best.numbers().count, !search.isOver {
      let index = search.best.numbers()[position]
      var place = 0
      while place < placeLimit, index < search.best.count, !search.isOver {
        let count = search.best.count
        lower(index, deletingChoicesAt: index + 1 + place, search)
        lower(index, deletingSpansAt: place, search)
        if search.best.count == count { place += 1 }
      }
      position += 1
    }
  }

  private static func lower(
    _ index: Int, deletingChoicesAt start: Int, _ search: ShrinkSearch
  ) {
    let original = search.best
    guard original.couldCount(index), start < original.count else { return }
    let value = original.choices[index].value
    let limit = min(Int(clamping: value), original.count - start)
    _ = search.gallop(upTo: limit) { count in
      var choices = original.deleting(start..<(start + count))
      choices[index].value = value - UInt64(count)
      return search.attempt(choices)
    }
  }

  private static func lower(
    _ index: Int, deletingSpansAt place: Int, _ search: ShrinkSearch
  ) {
    let original = search.best
    guard original.couldCount(index) else { return }
    let parent = original.innermostSpan(around: index) ?? -1
    let spans = original.children(of: parent).filter { $0.start > index }.dropFirst(place)
    guard !spans.isEmpty else { return }
    let value = original.choices[index].value
    _ = search.gallop(upTo: min(Int(clamping: value), spans.count)) { count in
      var choices = original.deleting(spans.prefix(count))
      choices[index].value = value - UInt64(count)
      return search.attempt(choices)
    }
  }

  /// How many candidates of one family go to numbers that are lowered alone.
  private static let renumberBudget = 3000
  /// How many numbers of one kind are lowered in every combination.
  private static let combinedLimit = 4

  /// Deletes a span and lowers numbers in its siblings by one: those that counted past it.
  ///
  /// Elements that refer to each other by index all shift when one before them is deleted.
  static func deleteAndRenumber(_ search: ShrinkSearch) {
    var position = 0
    while position < search.best.parents(ofAtLeast: 2).count, !search.isOver {
      let parent = search.best.parents(ofAtLeast: 2)[position]
      var budget = renumberBudget
      var sibling = 0
      while parent < search.best.spans.count, !search.isOver {
        let siblings = search.best.children(of: parent)
        guard sibling < siblings.count else { break }
        let (count, evaluations) = (search.best.count, search.statistics.evaluations)
        delete(sibling, of: siblings, isThorough: budget > 0, search)
        budget -= search.statistics.evaluations - evaluations
        if search.best.count == count { sibling += 1 }
      }
      position += 1
    }
  }

  private static func delete(
    _ sibling: Int, of siblings: [ChoiceSequence.Span], isThorough: Bool, _ search: ShrinkSearch
  ) {
    let original = search.best
    let deleted = siblings[sibling]
    func attempt(lowering lowered: some Collection<Int>) -> Bool {
      guard !lowered.isEmpty else { return false }
      var choices = original.choices
      for index in lowered { choices[index].value -= 1 }
      let candidate = ChoiceSequence(choices: choices, spans: original.spans)
      return search.attempt(candidate.deleting([deleted]))
    }
    // An index counted from the front moves if it points past the deleted element.
    let front = siblings.flatMap(\.range).filter { index in
      !deleted.range.contains(index) && original.couldBeIndex(index)
        && original.choices[index].value > UInt64(sibling)
    }
    if attempt(lowering: front) { return }
    // Elsewhere, an index into the siblings is bounded by their number, except for the end of a
    // list.
    let bounds = UInt64(siblings.count - 2)...UInt64(siblings.count - 1)
    let elsewhere = (siblings[siblings.count - 1].end..<original.count).filter { index in
      original.couldBeIndex(index) && bounds.contains(original.choices[index].maximum)
        && original.choices[index].value > UInt64(sibling) && !original.isListChoice(index)
    }
    if attempt(lowering: elsewhere) { return }
    // Counted from the end, it depends on the counting element: only those after the deleted one
    // can.
    let kinds = original.numbersByKind(in: siblings.dropFirst(sibling + 1))
    for kind in kinds where attempt(lowering: kind) { return }
    guard isThorough else { return }
    for kind in kinds where kind.count > 1 {
      for index in kind where attempt(lowering: [index]) { return }
      guard kind.count > 2, kind.count <= combinedLimit else { continue }
      for combination in 1..<(1 << kind.count)
      where attempt(lowering: kind.indices.filter { combination >> $0 & 1 == 1 }.map { kind[$0] }) {
        return
      }
    }
  }
}

extension ChoiceSequence {
  /// Whether the number at `index` could say how many of something follow.
  func couldCount(_ index: Int) -> Bool {
    index < count && couldBeIndex(index) && choices[index].value <= UInt64(count - index - 1)
  }

  /// What could be indices in spans, grouped by their position in their span.
  fileprivate func numbersByKind(in spans: some Sequence<Span>) -> [[Int]] {
    var kinds: [(place: Int, maximum: UInt64, indices: [Int])] = []
    for span in spans {
      for index in span.range where choices[index].maximum > 1 && couldBeIndex(index) {
        let (place, maximum) = (index - span.start, choices[index].maximum)
        if let kind = kinds.firstIndex(where: { $0.place == place && $0.maximum == maximum }) {
          kinds[kind].indices.append(index)
        } else {
          kinds.append((place, maximum, [index]))
        }
      }
    }
    return kinds.map(\.indices)
  }

  fileprivate func owners() -> ChoiceOwners {
    var owners = ChoiceOwners(of: [Int](repeating: -1, count: count))
    owners.counts = [Int](repeating: 0, count: spans.count)
    // Parents come first, so the last span to claim a choice is the innermost.
    for (index, span) in spans.enumerated() {
      for choice in span.range { owners.of[choice] = index }
      if span.end > 0, choices[span.end - 1].value == 0 { owners.stops.insert(span.end - 1) }
    }
    for owner in owners.of where owner >= 0 { owners.counts[owner] += 1 }
    return owners
  }
}

/// Which span each choice belongs to.
private struct ChoiceOwners {
  var of: [Int]
  var counts: [Int] = []
  /// The zeros that end a span.
  var stops: Set<Int> = []

  /// Parts of a span of one or two choices are not: without one, the other means nothing.
  func isWorthDeleting(_ range: Range<Int>) -> Bool {
    let owner = of[range.lowerBound]
    guard range.allSatisfy({ of[$0] == owner }) else {
      return range.count <= 3 && stops.contains(range.lowerBound)
    }
    return owner < 0 || counts[owner] > 2
  }
}
