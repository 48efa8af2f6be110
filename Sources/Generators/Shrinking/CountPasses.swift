/// The pass that lowers a number and deletes what it counted, wherever that is.
extension ShrinkPass {
  static func lowerCounts(_ search: ShrinkSearch) {
    var position = 0
    while position < search.best.numbers().count, !search.isOver {
      guard let count = LoweredCount(at: search.best.numbers()[position], search) else {
        position += 1
        continue
      }
      if !count.deletesCounted() { position += 1 }
    }
  }
}

/// A number that could say how many of something are drawn after it.
///
/// Lowering it alone removes the last ones. What it counted but does not matter may lie further in
/// front, in several pieces, such as a column of a table, and may be pointed at.
private struct LoweredCount {
  /// How many places of one kind are tried.
  static let placeLimit = 48
  /// The widest element that is tried if its number of choices is unknown.
  static let unknownWidth = 8
  /// How many other choices may lie between a number of columns and the table.
  static let leadLimit = 2

  let search: ShrinkSearch
  let original: ChoiceSequence
  let index: Int
  let value: UInt64
  /// How many choices fewer are drawn if the number is one lower.
  let width: Int
  /// Whether anything else is drawn then.
  let doesCount: Bool

  /// - Returns: `nil` if the number can't be a count, or could be lowered alone.
  init?(at index: Int, _ search: ShrinkSearch) {
    let original = search.best
    guard original.couldCount(index) else { return nil }
    var lowered = original.choices
    lowered[index].value -= 1
    guard !search.attempt(lowered), !search.isOver else { return nil }
    guard let drawn = search.drawn(by: lowered) else { return nil }
    self.search = search
    self.original = original
    self.index = index
    value = original.choices[index].value
    width = original.count - drawn.count
    doesCount = width != 0 || drawn.shape != original.shape
  }

  /// - Returns: Whether anything could be deleted.
  func deletesCounted() -> Bool {
    if deletesSiblings() { return true }
    guard doesCount else { return false }
    return deletesNeighbours() || deletesCousins() || deletesColumn() || renumbers()
  }

  /// Lowers the number by as many elements as `ranges` are, and, if that is not enough, also what
  /// points past the first of them.
  private func attempt(_ ranges: [Range<Int>], lowering amount: Int, from place: Int?) -> Bool {
    var lowered = original
    lowered.choices[index].value -= UInt64(amount)
    if !ranges.isEmpty, search.attempt(lowered.deleting(ranges)) { return true }
    guard let place else { return false }
    // An index below the number is bounded by it; the number's own lowest value is 0, or not much
    // more.
    let bounds = [value, value - 1, value + 1, value + 2]
    return bounds.contains { bound in
      let pointing = pointers(behind: place + amount - 1, boundedBy: bound)
      guard !pointing.isEmpty else { return false }
      var renumbered = lowered
      for pointer in pointing { renumbered.choices[pointer].value -= UInt64(amount) }
      return search.attempt(renumbered.deleting(ranges))
    }
  }

  /// The choices that could be positions of counted elements, and point past `place`.
  private func pointers(behind place: Int, boundedBy bound: UInt64) -> [Int] {
    (index + 1..<original.count).filter { pointer in
      original.choices[pointer].maximum == bound && original.choices[pointer].value > UInt64(place)
        && !original.isListChoice(pointer)
    }
  }

  /// Elements that are spans.
  private func deletesSiblings() -> Bool {
    for (place, count) in original.childCounts().enumerated() where count > 1 {
      let parent = place - 1
      // If nothing shows that it counts, only elements of which there are exactly that many, or one
      // more: the end of a list.
      guard doesCount || (Int(value)...Int(value) + 1).contains(count) else { continue }
      guard parent < 0 || original.spans[parent].end > index + 1 else { continue }
      let siblings = original.children(of: parent).filter { $0.start > index }
      for place in siblings.indices.prefix(Self.placeLimit) {
        let limit = min(Int(value), siblings.count - place)
        let deleted = search.gallop(upTo: limit) { amount in
          attempt(
            siblings[place..<(place + amount)].map(\.range), lowering: amount, from: place)
        }
        if deleted > 0 { return true }
      }
    }
    return false
  }

  /// Elements with equally many choices, one after the other.
  private func deletesNeighbours() -> Bool {
    let known = width > 0 ? [width] : []
    for width in known + (1...Self.unknownWidth).filter({ $0 != width }) {
      let starts = (index + 1..<original.count).lazy.filter { isElement(at: $0, of: width) }
      for start in starts.prefix(Self.placeLimit) {
        let (place, rest) = (start - index - 1).quotientAndRemainder(dividingBy: width)
        let limit = min(Int(value), (original.count - start) / width)
        let deleted = search.gallop(upTo: limit) { amount in
          attempt(
            [start..<(start + amount * width)], lowering: amount, from: rest == 0 ? place : nil)
        }
        if deleted > 0 { return true }
      }
    }
    return false
  }

  /// Whether there could be an element: the only one, or one beside another that begins the same
  /// way.
  private func isElement(at start: Int, of width: Int) -> Bool {
    let (before, end) = (start - width, start + width)
    guard end <= original.count else { return false }
    guard value > 1 else { return width == self.width }
    let maximum = original.choices[start].maximum
    return (end < original.count && original.choices[end].maximum == maximum)
      || (before > index && original.choices[before].maximum == maximum)
  }

  /// Elements that are the same children of several spans of one kind: a column of rows.
  private func deletesCousins() -> Bool {
    var families: [(label: SpanLabel, depth: Int, children: [[ChoiceSequence.Span]])] = []
    for (parent, span) in original.spans.enumerated() where span.start > index {
      let children = original.children(of: parent)
      let (label, depth) = (span.label, original.depth(of: parent))
      guard children.count > 1 else { continue }
      if let family = families.firstIndex(where: { $0.label == label && $0.depth == depth }) {
        families[family].children.append(children)
      } else {
        families.append((label, depth, [children]))
      }
    }
    for family in families where family.children.count > 1 {
      let places = family.children.map(\.count).min() ?? 0
      for place in 0..<min(places, Self.placeLimit)
      where attempt(family.children.map { $0[place].range }, lowering: 1, from: place) {
        return true
      }
    }
    return false
  }

  /// Elements of which each row has one, if rows or columns are not spans.
  private func deletesColumn() -> Bool {
    guard width > 1 else { return false }
    for parent in original.parents(ofAtLeast: 2) {
      let rows = original.children(of: parent).filter { $0.start > index && $0.range.count > 1 }
      guard rows.count > 1, width % rows.count == 0 else { continue }
      let part = width / rows.count
      for offset in 0..<min(Self.placeLimit, rows.map(\.range.count).min() ?? 0)
      where deletes(part, at: rows.map { $0.start + offset }) {
        return true
      }
    }
    for part in 1...(width / 2) where width % part == 0 {
      for columns in Int(value)...(Int(value) + Self.leadLimit) {
        for first in (index + 1)...(index + 1 + Self.leadLimit) {
          for column in 0..<min(columns, Self.placeLimit) {
            let starts = (0..<(width / part)).map { first + ($0 * columns + column) * part }
            if deletes(part, at: starts) { return true }
          }
        }
      }
    }
    return false
  }

  private func deletes(_ width: Int, at starts: [Int]) -> Bool {
    guard let first = starts.first, let last = starts.last, last + width <= original.count,
      zip(starts, starts.dropFirst()).allSatisfy({ $0 + width <= $1 }),
      starts.allSatisfy({ original.choices[$0].maximum == original.choices[first].maximum })
    else { return false }
    return attempt(starts.map { $0..<($0 + width) }, lowering: 1, from: nil)
  }

  /// Elements that take no choices, but are pointed at.
  private func renumbers() -> Bool {
    (0..<min(Int(value), Self.placeLimit)).contains { place in
      attempt([], lowering: 1, from: place)
    }
  }
}

extension ChoiceSequence {
  fileprivate func depth(of span: Int) -> Int {
    var (depth, around) = (0, spans[span].parent)
    while around >= 0 {
      depth += 1
      around = spans[around].parent
    }
    return depth
  }

  fileprivate func deleting(_ ranges: [Range<Int>]) -> [Choice] {
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
