/// The passes that lower values, one or several at a time.
extension ShrinkPass {
  /// Sets runs of values to 0, from the last to the first, in logarithmic cost for long runs.
  static func zeroBlocks(_ search: ShrinkSearch) {
    var last = search.best.count - 1
    while last >= 0, !search.isOver {
      let original = search.best
      let candidates = original.choices.indices.prefix(last + 1)
        .filter { original.choices[$0].value > 0 }
      guard !candidates.isEmpty else { return }
      let zeroed = search.gallop(upTo: candidates.count) { count in
        var choices = original.choices
        for index in candidates.suffix(count) { choices[index].value = 0 }
        return search.attempt(choices)
      }
      let next = candidates.count - 1 - max(zeroed, 1)
      last = next >= 0 ? min(candidates[next], search.best.count - 1) : -1
    }
  }

  /// How many numbers of one span are tried as the only one.
  private static let aloneLimit = 128

  /// Sets the numbers of a span to 0 except for one, which becomes 1, the last first: if they only
  /// mean something together, as in an order, lowering each may not lead there.
  static func keepOneNumber(_ search: ShrinkSearch) {
    var index = 0
    while index < search.best.spans.count, !search.isOver {
      let original = search.best
      let places = original.equalNumbers(in: index)
      _ = places.suffix(aloneLimit).reversed().contains { place in
        var choices = original.choices
        for other in places { choices[other].value = other == place ? 1 : 0 }
        return search.attempt(choices)
      }
      index += 1
    }
  }

  /// Halves each value alone, as often as possible.
  ///
  /// The exact bound is left to later: values that share a sum will be redistributed before.
  static func halveValues(_ search: ShrinkSearch) {
    var index = 0
    while index < search.best.count, !search.isOver {
      let value = search.best.choices[index].value
      search.minimise(value, widestStep: 0) { lower in
        attempt(lower, at: index, search)
      }
      index += 1
    }
  }

  /// Lowers each value alone.
  static func lowerValues(_ search: ShrinkSearch) {
    var index = 0
    while index < search.best.count, !search.isOver {
      let value = search.best.choices[index].value
      search.minimise(value, widestStep: 2) { lower in
        attempt(lower, at: index, search)
      }
      index += 1
    }
  }

  /// Lowers each number alone past values that do not fail, if there are few numbers.
  static func stepPastGaps(_ search: ShrinkSearch) {
    guard search.best.count <= 64 else { return }
    var index = 0
    while index < search.best.count, !search.isOver {
      let start = search.best.choices[index].value
      for step in 3...8 as ClosedRange<UInt64> where step <= start {
        var choices = search.best.choices
        choices[index].value = start - step
        if search.attempt(choices) { break }
      }
      index += 1
    }
  }

  /// Lowers one value. That may make its span longer or shorter, such as that of a command which
  /// changes its kind: then the spans after it are found by aligning them.
  private static func attempt(_ value: UInt64, at index: Int, _ search: ShrinkSearch) -> Bool {
    guard index < search.best.count, value < search.best.choices[index].value else { return false }
    var candidate = search.best
    candidate.choices[index].value = value
    return search.attemptAligned(candidate)
  }

  /// Lowers all equal values together: an element and its copy, a size and the same size later.
  static func lowerDuplicates(_ search: ShrinkSearch) {
    var first = 0
    while first < search.best.count, !search.isOver {
      let original = search.best
      let value = original.choices[first].value
      let maximum = original.choices[first].maximum
      let copies = original.choices.indices.dropFirst(first).filter {
        original.choices[$0].value == value
      }
      let isFirst = !original.choices[..<first].contains { $0.value == value }
      if value > 0, maximum > 1, isFirst, copies.count > 1 {
        search.minimise(value, widestStep: 1) { lower in
          var choices = original.choices
          for index in copies { choices[index].value = lower }
          return search.attempt(choices)
        }
      }
      first += 1
    }
  }

  /// Visits pairs of numbers: all, if there are few, and neighbours only, if there are many.
  private static func visitPairs(
    _ search: ShrinkSearch, _ visit: (_ first: Int, _ second: Int) -> Void
  ) {
    var position = 0
    while position < search.best.numbers().count, !search.isOver {
      let first = search.best.numbers()[position]
      var offset = 1
      while !search.isOver {
        let others = search.best.choices.indices.filter {
          $0 > first && search.best.choices[$0].value > 0 && search.best.choices[$0].maximum > 1
        }
        guard offset <= others.count, offset <= (others.count <= 24 ? 24 : 4) else { break }
        guard first < search.best.count, search.best.choices[first].value > 0 else { break }
        visit(first, others[offset - 1])
        offset += 1
      }
      position += 1
    }
  }

  /// Lowers two numbers by the same amount, which keeps their difference.
  static func lowerTogether(_ search: ShrinkSearch) {
    visitPairs(search) { first, second in
      let original = search.best
      let (one, other) = (original.choices[first].value, original.choices[second].value)
      for unit in [1, 2] as [UInt64] where min(one, other) >= unit {
        let steps = search.gallop(upTo: Int(clamping: min(one, other) / unit)) { count in
          var choices = original.choices
          choices[first].value = one - UInt64(count) * unit
          choices[second].value = other - UInt64(count) * unit
          return search.attempt(choices)
        }
        if steps > 0 { return }
      }
    }
  }

  /// Lowers a number and raises a later one, which keeps their sum; or raises the later one to its
  /// maximum.
  static func redistribute(_ search: ShrinkSearch) {
    visitPairs(search) { first, second in
      let original = search.best
      let one = original.choices[first].value
      let other = original.choices[second]
      let room = min(one, other.maximum - other.value)
      func move(_ amount: UInt64) -> Bool {
        var choices = original.choices
        choices[first].value = one - amount
        choices[second].value = other.value + amount
        return search.attempt(choices)
      }
      if room > 0 {
        if move(room) { return }
        // If signs alternate, from 1 to 0 is one place, and from 1 to 2 is two.
        if room == one, other.value + one < other.maximum {
          var choices = original.choices
          choices[first].value = 0
          choices[second].value = other.value + one + 1
          if search.attempt(choices) { return }
        }
        for unit in [1, 2] as [UInt64] where room > unit {
          if search.gallop(upTo: Int(clamping: room / unit), { move(UInt64($0) * unit) }) > 0 {
            return
          }
        }
      }
      guard other.value < other.maximum else { return }
      search.minimise(one, widestStep: 2) { lower in
        guard lower < one else { return false }
        var choices = original.choices
        choices[first].value = lower
        choices[second].value = other.maximum
        return search.attempt(choices)
      }
    }
  }
}

extension ChoiceSequence {
  /// The choices of a span that consists of three or more numbers with the same bound.
  fileprivate func equalNumbers(in index: Int) -> Range<Int> {
    let range = spans[index].range
    let hasChild = index + 1 < spans.count && spans[index + 1].parent == index
    guard range.count > 2, !hasChild, choices[range.lowerBound].maximum > 1,
      choices[range].allSatisfy({ $0.maximum == choices[range.lowerBound].maximum })
    else { return range.lowerBound..<range.lowerBound }
    return range
  }
}
