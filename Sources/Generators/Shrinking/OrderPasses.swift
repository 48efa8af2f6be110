/// The passes that reorder spans: simpler ones first.
extension ShrinkPass {
  /// Puts siblings of the same label in shortlex order: all, all but the last, then neighbours.
  static func reorderSpans(_ search: ShrinkSearch) {
    var position = 0
    while position < search.best.parents(ofAtLeast: 2).count, !search.isOver {
      let parent = search.best.parents(ofAtLeast: 2)[position]
      sort(parent, droppingLast: 0, search)
      // A list ends with the choice to stop, which is simple but must stay where it is.
      sort(parent, droppingLast: 1, search)
      swapNeighbours(of: parent, search)
      position += 1
    }
  }

  private static func sort(_ parent: Int, droppingLast dropped: Int, _ search: ShrinkSearch) {
    guard parent < search.best.spans.count else { return }
    let original = search.best
    let siblings = original.children(of: parent).dropLast(dropped)
    let order = siblings.indices.sorted { left, right in
      // Stable, since Swift's sort need not be: equal spans keep their places.
      original.isSimpler(siblings[left], than: siblings[right])
        || (!original.isSimpler(siblings[right], than: siblings[left]) && left < right)
    }
    guard !order.elementsEqual(siblings.indices) else { return }
    _ = search.attempt(original.placing(order.map { siblings[$0] }, at: Array(siblings)))
  }

  /// How many numbers after a swapped pair are tried one lower and one higher.
  private static let renumberLimit = 24

  /// Swaps two neighbours; if that alone does not fail, repairs an index that told them apart.
  private static func swap(
    _ pair: [ChoiceSequence.Span], of siblings: [ChoiceSequence.Span], _ search: ShrinkSearch
  ) -> Bool {
    let original = search.best
    let swapped = original.placing(pair.reversed(), at: pair)
    if search.attempt(swapped) { return true }
    if search.attempt(original.exchangingPointers(swapped, pair, siblings)) { return true }
    let indices = (pair[1].end..<siblings[siblings.count - 1].end)
      .filter { original.isBoundedLikeIndex($0) }
    return indices.prefix(renumberLimit).contains { index in
      let choice = original.choices[index]
      return [choice.value &- 1, choice.value &+ 1].contains { value in
        guard value <= choice.maximum else { return false }
        var candidate = swapped
        candidate[index].value = value
        return search.attempt(candidate)
      }
    }
  }

  /// The most distance between two numbers that are exchanged, if there are many.
  private static let exchangeDistance = 24

  /// Exchanges a number with a lower one after it, the furthest first, if both have the same bound;
  /// a yes only with a no just after it.
  static func exchangeNumbers(_ search: ShrinkSearch) {
    var first = 0
    while first < search.best.count, !search.isOver {
      let original = search.best
      let (value, maximum) = (original.choices[first].value, original.choices[first].maximum)
      let distance = maximum > 1 ? exchangeDistance : 1
      let didExchange =
        value > 0
        && original.choices.indices[(first + 1)...].prefix(distance).reversed().contains {
          guard original.choices[$0].maximum == maximum, original.choices[$0].value < value
          else { return false }
          var choices = original.choices
          choices.swapAt(first, $0)
          return search.attempt(choices)
        }
      if !didExchange { first += 1 }
    }
  }

  private static func swapNeighbours(of parent: Int, _ search: ShrinkSearch) {
    var left = 0
    while parent < search.best.spans.count, !search.isOver {
      let original = search.best
      let siblings = original.children(of: parent)
      guard left + 1 < siblings.count else { return }
      let pair = Array(siblings[left...(left + 1)])
      let didSwap = original.isSimpler(pair[1], than: pair[0]) && swap(pair, of: siblings, search)
      left = didSwap ? max(0, left - 1) : left + 1
    }
  }

  /// The most spans among which any may be moved before any other.
  private static let movableSpans = 40

  /// Moves a span before an earlier and less simple one of the same label, which shifts all in
  /// between.
  static func moveForward(_ search: ShrinkSearch) {
    var first = 0
    while first < search.best.spans.count, !search.isOver {
      let original = search.best
      guard original.spans.count <= movableSpans else { return }
      let place = original.spans[first]
      let didMove = original.spans.dropFirst(first + 1).contains { span in
        span.label == place.label && span.start >= place.end && span.parent != place.parent
          && original.isSimpler(span, than: place)
          && search.attempt(original.moving(span.range, to: place.start))
      }
      if !didMove { first += 1 }
    }
  }

  /// Exchanges a span with a simpler one further down another branch, and puts the siblings there
  /// in order: in a tree, a subtree moves, and no single step on the way need fail.
  static func exchangeSpans(_ search: ShrinkSearch) {
    var first = 0
    while first < search.best.spans.count, !search.isOver {
      let original = search.best
      guard original.spans.count <= movableSpans else { return }
      let place = original.spans[first]
      let didExchange = original.spans.indices.dropFirst(first + 1).contains { index in
        let span = original.spans[index]
        return span.label == place.label && span.parent >= 0
          && original.spans[span.parent].start >= place.end
          && original.spans[span.parent].label == place.label
          && original.isSimpler(span, than: place)
          && search.attempt(original.exchanging(place, with: index))
      }
      if !didExchange { first += 1 }
    }
  }
}

extension ChoiceSequence {
  /// The choices with those of `range` moved to an earlier place.
  fileprivate func moving(_ range: Range<Int>, to place: Int) -> [Choice] {
    Array(choices[..<place] + choices[range] + choices[place..<range.lowerBound])
      + choices[range.upperBound...]
  }

  /// The choices with a span and an earlier one exchanged, and the span's siblings in order.
  fileprivate func exchanging(_ place: Span, with index: Int) -> [Choice] {
    let span = spans[index]
    let siblings = children(of: span.parent)
    let contents = siblings.map { sibling in
      Array(choices[sibling == span ? place.range : sibling.range])
    }
    var result = Array(choices[..<place.start]) + choices[span.range]
    var start = place.end
    for (sibling, content) in zip(siblings, contents.sorted(by: isSimpler)) {
      result += choices[start..<sibling.start]
      result += content
      start = sibling.end
    }
    return result + choices[start...]
  }

  private func isSimpler(_ left: [Choice], than right: [Choice]) -> Bool {
    ChoiceSequence(choices: left).isSimpler(than: ChoiceSequence(choices: right))
  }

  /// The choices with pointers to two neighbours exchanged: an index into the siblings is bounded
  /// by their number, except for the end of a list.
  fileprivate func exchangingPointers(
    _ swapped: [Choice], _ pair: [Span], _ siblings: [Span]
  ) -> [Choice] {
    guard let left = siblings.firstIndex(of: pair[0]) else { return swapped }
    let places = [UInt64(left), UInt64(left) + 1]
    let bounds = UInt64(siblings.count - 2)...UInt64(siblings.count - 1)
    var exchanged = swapped
    for index in siblings[siblings.count - 1].end..<count
    where bounds.contains(choices[index].maximum) && !isListChoice(index) {
      if choices[index].value == places[0] {
        exchanged[index].value = places[1]
      } else if choices[index].value == places[1] {
        exchanged[index].value = places[0]
      }
    }
    return exchanged
  }

  /// Compares the contents of two spans in shortlex order.
  func isSimpler(_ left: Span, than right: Span) -> Bool {
    guard left.range.count == right.range.count else { return left.range.count < right.range.count }
    return choices[left.range].map(\.value).lexicographicallyPrecedes(
      choices[right.range].map(\.value))
  }

  /// The choices with the contents of `spans` in the places of `places`, in order.
  fileprivate func placing(_ spans: [Span], at places: [Span]) -> [Choice] {
    var result: [Choice] = []
    result.reserveCapacity(count)
    var start = 0
    for (span, place) in zip(spans, places) {
      result += choices[start..<place.start]
      result += choices[span.range]
      start = place.end
    }
    return result + choices[start...]
  }
}
