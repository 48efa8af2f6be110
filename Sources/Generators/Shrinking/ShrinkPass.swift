/// One kind of edit, tried wherever it applies.
struct ShrinkPass: Sendable {
  let name: String
  let run: @Sendable (ShrinkSearch) -> Void

  /// In order: what removes most comes first.
  static let all: [ShrinkPass] = [
    ShrinkPass(name: "delete spans", run: deleteSpans),
    ShrinkPass(name: "lower values", run: lowerValues),
    ShrinkPass(name: "delete pairs of spans", run: deletePairs),
  ]
}

extension ShrinkPass {
  /// Deletes runs of sibling spans from the last to the first, in logarithmic cost for long runs.
  static func deleteSpans(_ search: ShrinkSearch) {
    var parent = -1
    while parent < search.best.spans.count, !search.isOver {
      var last = search.best.children(of: parent).count - 1
      while last >= 0, !search.isOver {
        let original = search.best
        let siblings = original.children(of: parent)
        guard last < siblings.count else {
          last = siblings.count - 1
          continue
        }
        let deleted = search.gallop(upTo: last + 1) { count in
          search.attempt(original.deleting(siblings[(last - count + 1)...last]))
        }
        last -= max(deleted, 1)
      }
      parent += 1
    }
  }

  /// Deletes two siblings that cannot go one without the other.
  static func deletePairs(_ search: ShrinkSearch) {
    var first = 0
    while first < search.best.children(of: -1).count, !search.isOver {
      let original = search.best
      let siblings = original.children(of: -1)
      var didDelete = false
      for second in siblings.indices.dropFirst(first + 1) {
        if search.attempt(original.deleting([siblings[first], siblings[second]])) {
          didDelete = true
          break
        }
      }
      if !didDelete { first += 1 }
    }
  }

  /// Lowers each choice alone, by binary search.
  static func lowerValues(_ search: ShrinkSearch) {
    var index = 0
    while index < search.best.count, !search.isOver {
      lower(index, search)
      index += 1
    }
  }

  private static func lower(_ index: Int, _ search: ShrinkSearch) {
    func attempt(_ value: UInt64) -> Bool {
      guard index < search.best.count else { return false }
      var choices = search.best.choices
      choices[index].value = value
      return search.attempt(choices)
    }
    guard search.best.choices[index].value > 0, !attempt(0) else { return }
    var failing: UInt64 = 0
    while index < search.best.count, search.best.choices[index].value > failing + 1 {
      let value = search.best.choices[index].value
      let middle = failing + (value - failing) / 2
      if !attempt(middle) { failing = middle }
    }
  }
}

extension ChoiceSequence {
  /// The spans directly inside span `parent`, or at the top for -1, that hold any choice.
  func children(of parent: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for span in spans.dropFirst(parent + 1) where span.parent == parent && span.start < span.end {
      ranges.append(span.range)
    }
    return ranges
  }

  /// The choices without those in `ranges`, which are in order and do not overlap.
  func deleting(_ ranges: some Collection<Range<Int>>) -> [Choice] {
    var kept: [Choice] = []
    kept.reserveCapacity(count)
    var start = 0
    for range in ranges {
      kept += choices[start..<range.lowerBound]
      start = range.upperBound
    }
    return kept + choices[start...]
  }
}
