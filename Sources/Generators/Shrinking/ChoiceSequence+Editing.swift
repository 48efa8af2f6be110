/// The edits that produce candidates.
extension ChoiceSequence {
  /// The nonempty spans directly inside span `parent`, or at the top for -1.
  func children(of parent: Int) -> [Span] {
    let end = parent < 0 ? count : spans[parent].end
    var found: [Span] = []
    for span in spans.dropFirst(parent + 1) {
      if span.start > end { break }
      if span.parent == parent, span.start < span.end { found.append(span) }
    }
    return found
  }

  /// The spans that have at least `minimum` children, the outermost (-1) first.
  func parents(ofAtLeast minimum: Int) -> [Int] {
    let counts = childCounts()
    return counts.indices.filter { counts[$0] >= minimum }.map { $0 - 1 }
  }

  /// How many children each span has, the outermost (-1) first.
  func childCounts() -> [Int] {
    var counts = [Int](repeating: 0, count: spans.count + 1)
    for span in spans where span.start < span.end { counts[span.parent + 1] += 1 }
    return counts
  }

  /// The innermost span around choice `index`, or `nil`.
  func innermostSpan(around index: Int) -> Int? {
    spans.lastIndex { $0.start <= index && index < $0.end }
  }

  /// The choices without those of `spans`, which are in order and do not overlap.
  func deleting(_ spans: some Sequence<Span>) -> [Choice] {
    var kept: [Choice] = []
    kept.reserveCapacity(count)
    var start = 0
    for span in spans {
      kept += choices[start..<span.start]
      start = span.end
    }
    return kept + choices[start...]
  }

  /// The choices without those of `range`.
  func deleting(_ range: Range<Int>) -> [Choice] {
    Array(choices[..<range.lowerBound] + choices[range.upperBound...])
  }

  /// The sequence with span `index` replaced by the content of span `descendant` inside it.
  func replacingSpan(_ index: Int, withDescendant descendant: Int) -> ChoiceSequence {
    let (outer, inner) = (spans[index], spans[descendant])
    let shortening = outer.range.count - inner.range.count
    var result = ChoiceSequence(choices: choices, spans: Array(spans[..<index]))
    result.choices.replaceSubrange(outer.range, with: choices[inner.range])
    // Only the spans around the replaced one opened before it and end after it.
    var around = outer.parent
    while around >= 0 {
      result.spans[around].end -= shortening
      around = spans[around].parent
    }
    let innerEnd = spans[descendant...].dropFirst().firstIndex { $0.parent < descendant }
    let outerEnd = spans[index...].dropFirst().firstIndex { $0.parent < index }
    for var span in spans[descendant..<(innerEnd ?? spans.count)] {
      span.parent = span.parent < descendant ? outer.parent : span.parent - descendant + index
      span.start -= inner.start - outer.start
      span.end -= inner.start - outer.start
      result.spans.append(span)
    }
    let dropped = (outerEnd ?? spans.count) - result.spans.count
    for var span in spans[(outerEnd ?? spans.count)...] {
      span.parent -= span.parent < index ? 0 : dropped
      span.start -= shortening
      span.end -= shortening
      result.spans.append(span)
    }
    return result
  }

  /// The choices worth doing arithmetic on: those that are not 0, and more than a yes or no.
  func numbers(atLeast minimum: UInt64 = 1) -> [Int] {
    choices.indices.filter { choices[$0].value >= minimum && choices[$0].maximum > 1 }
  }

  /// The largest bound of a number that is taken for an index or a length: both are drawn from
  /// something that exists, while a number with a higher bound is most likely data.
  private static let indexLimit: UInt64 = 1 << 15

  func isBoundedLikeIndex(_ index: Int) -> Bool {
    choices[index].maximum > 1 && choices[index].maximum <= Self.indexLimit
  }

  /// Whether a choice says that a list goes on.
  func isListChoice(_ index: Int) -> Bool {
    choices[index].maximum == 1 && spans.contains { $0.label == "item" && $0.start == index }
  }

  func couldBeIndex(_ index: Int) -> Bool {
    choices[index].value > 0 && choices[index].maximum <= Self.indexLimit
  }
}
