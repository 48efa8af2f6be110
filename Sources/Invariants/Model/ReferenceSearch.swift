import IOVA

/// Rules 6 to 19 and 29 on a sorted array: which range a release with an anchor gives, and where
/// its cached nodes then are.
///
/// Positions in the array stand for nodes, the last one is the anchor. Nothing is shared with the
/// tree but the text of the rules.
package struct ReferenceSearch {
  package private(set) var nodes = [PFNRange(PFN(.max), through: PFN(.max))]
  package private(set) var cached = PFN(.max)
  package private(set) var cached32 = PFN(.max)
  private let start: UInt64
  private let boundary: UInt64
  private let rules: SearchRules

  /// Nil for a release without an anchor, which the rules above do not describe.
  package init?(_ rules: SearchRules, start: UInt64, boundary: UInt64) {
    guard rules.anchor else { return nil }
    self.rules = rules
    self.start = start
    self.boundary = boundary
  }

  /// The position of the first node that begins at or above a pfn.
  private func position(_ lo: UInt64) -> Int {
    var (low, high) = (0, nodes.count)
    while low < high {
      let middle = (low + high) / 2
      if nodes[middle].lo.raw < lo { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What a walk finds for a request; nil if it finds nothing.
  ///
  /// - Parameter limit: exclusive.
  package func find(_ pages: UInt64, _ limit: UInt64, aligned: Bool) -> PFNRange? {
    let first = position((limit <= boundary ? cached32 : cached).raw)
    let above = nodes[first].hi.raw
    if let lo = walk(pages, limit, aligned, from: first, low: start) {
      return PFNRange(PFN(lo), pages: pages)
    }
    guard rules.secondPass != .none, above < limit else { return nil }
    // The result does not depend on where the second pass starts, if it starts at the limit or
    // above.
    let lo = walk(pages, limit, aligned, from: nodes.count - 1, low: above + 1)
    return lo.map { PFNRange(PFN($0), pages: pages) }
  }

  private func walk(
    _ pages: UInt64, _ limit: UInt64, _ aligned: Bool, from begin: Int, low: UInt64
  ) -> UInt64? {
    let unit: UInt64 =
      !aligned || pages <= 1 ? 1 : 1 << UInt64(64 - (pages - 1).leadingZeroBitCount)
    var high = limit
    for index in stride(from: begin, through: 0, by: -1) {
      high = min(high, nodes[index].lo.raw)
      guard high >= pages else { return nil }
      let candidate = (high - pages) / unit * unit
      if candidate < low { return nil }
      if index == 0 || candidate > nodes[index - 1].hi.raw { return candidate }
    }
    return nil
  }

  /// Rule 17.
  package mutating func insert(_ range: PFNRange) {
    nodes.insert(range, at: position(range.lo.raw))
    if range.hi.raw < boundary { cached32 = range.lo } else { cached = range.lo }
  }

  /// Rule 19 without the shortcut.
  package mutating func remove(_ lo: PFN) {
    let place = position(lo.raw)
    guard place + 1 < nodes.count, nodes[place].lo == lo else { return }
    let next = nodes[place + 1].lo
    let isLow = nodes[place].hi.raw < boundary
    if lo == cached32 || (isLow && lo >= cached32) { cached32 = next }
    if lo >= cached { cached = next }
    nodes.remove(at: place)
  }

  /// Rule 29: overlapping ranges grow downwards; what is left over is a range of its own.
  package mutating func reserve(_ range: PFNRange) {
    var lo = range.lo
    var overlapped = false
    for index in nodes.indices {
      if lo <= nodes[index].hi, nodes[index].lo <= range.hi {
        overlapped = true
        if lo < nodes[index].lo {
          if cached == nodes[index].lo { cached = lo }
          if cached32 == nodes[index].lo { cached32 = lo }
          nodes[index].lo = lo
        }
        if range.hi <= nodes[index].hi { return }
        lo = PFN(nodes[index].hi.raw + 1)
      } else if overlapped {
        break
      }
    }
    nodes.insert(PFNRange(lo, through: range.hi), at: position(lo.raw))
  }

  /// Rule 33: the pieces take the place of the whole, and move no cached node.
  package mutating func split(_ whole: PFNRange, removing part: PFNRange) {
    remove(whole.lo)
    if whole.lo < part.lo {
      let left = PFNRange(whole.lo, through: PFN(part.lo.raw - 1))
      nodes.insert(left, at: position(left.lo.raw))
    }
    if part.hi < whole.hi {
      let right = PFNRange(PFN(part.hi.raw + 1), through: whole.hi)
      nodes.insert(right, at: position(right.lo.raw))
    }
  }
}
