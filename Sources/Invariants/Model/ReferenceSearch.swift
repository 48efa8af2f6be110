import IOVA

/// Rules 6 to 25, 29, 33 and 41 to 44 on a sorted array: a release's answers, their cost, and what
/// it remembers for the next search.
///
/// Positions in the array stand for nodes; with an anchor, that is the last one. It shares only the
/// text of the rules with the tree.
package struct ReferenceSearch {
  /// The answer to a request.
  package struct Answer: Hashable {
    /// Nil if it fails.
    package var range: PFNRange?
    /// Predecessor steps of all passes.
    package var visits: UInt64 = 0
    /// Whether the 32-bit shortcut refused it, without a search.
    package var isByShortcut = false
    /// Whether the part above the cached node was searched as well.
    package var tookSecondPass = false

    package init(
      range: PFNRange? = nil, visits: UInt64 = 0, isByShortcut: Bool = false,
      tookSecondPass: Bool = false
    ) {
      self.range = range
      self.visits = visits
      self.isByShortcut = isByShortcut
      self.tookSecondPass = tookSecondPass
    }

    /// `gets 0xf in 1 visit`.
    package var words: String {
      if isByShortcut { return "is refused by the shortcut" }
      let passes = tookSecondPass ? " of two passes" : ""
      let cost = "in \(visits) visit\(visits == 1 ? "" : "s")\(passes)"
      return range.map { "gets \($0) \(cost)" } ?? "fails \(cost)"
    }
  }

  package private(set) var nodes: [PFNRange]
  /// Where the next search starts; nil if no node is remembered, the highest pfn if it is the
  /// anchor.
  package private(set) var cached: PFN?
  package private(set) var cached32: PFN?
  /// The size from which the shortcut refuses aligned requests, and others; the boundary means
  /// none.
  package private(set) var max32: UInt64
  package private(set) var max32Unaligned: UInt64
  private let start: UInt64
  private let boundary: UInt64
  private let rules: SearchRules

  package init(_ rules: SearchRules, start: UInt64, boundary: UInt64) {
    self.rules = rules
    self.start = start
    self.boundary = boundary
    nodes = rules.anchor ? [PFNRange(PFN(.max), through: PFN(.max))] : []
    cached = rules.anchor ? PFN(.max) : nil
    cached32 = cached
    max32 = boundary
    max32Unaligned = boundary
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

  /// The range, other than the anchor, that contains a pfn (rule 26).
  package func holder(of pfn: PFN) -> PFNRange? {
    let above = position(pfn.raw)
    if above < nodes.count, nodes[above].lo == pfn { return pfn.raw == .max ? nil : nodes[above] }
    return above > 0 && nodes[above - 1].hi >= pfn ? nodes[above - 1] : nil
  }

  // MARK: Searching

  /// Answers a request, and remembers what the release would.
  ///
  /// - Parameter limit: exclusive.
  package mutating func answer(_ pages: UInt64, _ limit: UInt64, aligned: Bool) -> Answer {
    var answer = Answer()
    if rules.shortcut != .none, limit <= boundary, pages >= (aligned ? max32 : max32Unaligned) {
      answer.isByShortcut = true
      return answer
    }
    let request = Request(
      pages: pages, limit: limit, lowBits: aligned ? NaturalAlignment.lowBits(pages) : 0)
    let lo =
      rules.anchor
      ? fromAnchored(request, &answer) : fromUnanchored(request, &answer.visits)
    guard let lo else {
      noteFailure(pages, limit, aligned)
      return answer
    }
    let range = PFNRange(PFN(lo), pages: pages)
    answer.range = range
    nodes.insert(range, at: position(lo))
    noteInsertion(range, limit)
    return answer
  }

  private struct Request {
    let pages: UInt64
    /// Exclusive.
    let limit: UInt64
    /// 0 in a result.
    let lowBits: UInt64

    /// Where a run that ends below `high` begins; nil if less than its size is left.
    func candidate(below high: UInt64) -> UInt64? {
      high >= pages ? (high - pages) & ~lowBits : nil
    }
  }

  /// Rules 9 to 14 and 44.
  private func fromAnchored(_ request: Request, _ answer: inout Answer) -> UInt64? {
    guard let begin = request.limit <= boundary ? cached32 : cached else { return nil }
    let first = position(begin.raw)
    let above = nodes[first].hi.raw
    if let lo = walk(request, from: first, low: start, &answer.visits) { return lo }
    guard rules.secondPass != .none, above < request.limit else { return nil }
    answer.tookSecondPass = true
    return walk(request, from: restart(request.limit), low: above + 1, &answer.visits)
  }

  /// Rule 14: the lowest node that reaches the limit; the anchor above the boundary, and in
  /// releases that do not look for that node.
  private func restart(_ limit: UInt64) -> Int {
    guard rules.secondPass == .fromLimit, limit <= boundary else { return nodes.count - 1 }
    let above = position(limit)
    return above > 0 && nodes[above - 1].hi.raw >= limit ? above - 1 : above
  }

  private func walk(
    _ request: Request, from begin: Int, low: UInt64, _ visits: inout UInt64
  ) -> UInt64? {
    var high = request.limit
    for index in stride(from: begin, through: 0, by: -1) {
      visits += 1
      high = min(high, nodes[index].lo.raw)
      // Wraps around if less than the size is left, so that a search for a huge size goes on (rule
      // 11).
      let candidate = (high &- request.pages) & ~request.lowBits
      if candidate < low { return nil }
      if index > 0, candidate <= nodes[index - 1].hi.raw { continue }
      return high >= request.pages ? candidate : nil
    }
    return nil
  }

  /// Rules 41 to 43: the gaps above each node, starting below the cached one or at the highest.
  private func fromUnanchored(_ request: Request, _ visits: inout UInt64) -> UInt64? {
    let isLow = request.limit <= boundary
    var pointer = isLow ? cached32 : rules.cachedNodes == .two ? cached : nil
    var takesLimit = rules.raisesLimits
    if pointer == nil, isLow, rules.cachedStandsIn { (pointer, takesLimit) = (cached, true) }
    var high = pointer?.raw ?? request.limit
    if !takesLimit { high = min(high, request.limit) }
    var index = pointer.map { position($0.raw) - 1 } ?? nodes.count - 1
    // From the cached node to the one below counts as a step; to the highest one does not.
    if pointer != nil { visits += 1 }
    while index >= 0 {
      let node = nodes[index]
      if let lo = request.candidate(below: high), lo > node.hi.raw { return lo }
      high = min(high, node.lo.raw)
      index -= 1
      visits += 1
    }
    guard let lo = request.candidate(below: high), lo >= start else { return nil }
    return lo
  }

  /// Rules 15 and 23. The sound shortcut learns only what is true of all such requests below the
  /// boundary.
  private mutating func noteFailure(_ pages: UInt64, _ limit: UInt64, _ aligned: Bool) {
    switch rules.shortcut {
    case .none: break
    case .resetByCachedNode, .resetByAnyFree: (max32, max32Unaligned) = (pages, pages)
    case .sound:
      guard limit >= boundary else { return }
      max32 = min(max32, pages)
      if !aligned { max32Unaligned = min(max32Unaligned, pages) }
    }
  }

  // MARK: What changes

  /// Rules 17 and 42.
  private mutating func noteInsertion(_ range: PFNRange, _ limit: UInt64) {
    switch rules.cachedNodes {
    case .two:
      let isLow = rules.dividesUnevenly ? range.lo.raw <= boundary : range.hi.raw < boundary
      if isLow { cached32 = range.lo } else { cached = range.lo }
    case .one: if limit == boundary { cached32 = range.lo }
    }
  }

  /// Rules 19, 24, 41 and 42.
  package mutating func remove(_ lo: PFN) {
    let place = position(lo.raw)
    guard place < nodes.count, nodes[place].lo == lo, lo.raw != .max else { return }
    let range = nodes[place]
    let next = place + 1 < nodes.count ? nodes[place + 1].lo : nil
    if rules.anchor {
      noteRemoval(of: range, before: next)
    } else {
      noteUnanchoredRemoval(of: range, before: next)
    }
    nodes.remove(at: place)
  }

  private mutating func noteRemoval(of range: PFNRange, before next: PFN?) {
    let isLow = range.hi.raw < boundary
    let isAtCached32 =
      cached32.map { isLow ? range.lo >= $0 : rules.recognisesCached32 && range.lo == $0 } ?? false
    if isAtCached32 { cached32 = next }
    let resets =
      rules.shortcut == .resetByCachedNode ? isAtCached32 : range.lo.raw < boundary
    if resets { (max32, max32Unaligned) = (boundary, boundary) }
    if let pointer = cached, range.lo >= pointer { cached = next }
  }

  private mutating func noteUnanchoredRemoval(of range: PFNRange, before next: PFN?) {
    if rules.cachedNodes == .two {
      let isLow = range.hi.raw < boundary
      let wasCached32 = range.lo == cached32 && !rules.dividesUnevenly
      if isLow || wasCached32, let pointer = cached32, range.lo >= pointer { cached32 = next }
      if !isLow, let pointer = cached, range.lo >= pointer { cached = next }
      return
    }
    guard let pointer = cached32, range.lo >= pointer else { return }
    cached32 = next.flatMap { $0.raw < boundary ? $0 : nil }
  }

  /// Rule 29: overlapping ranges grow downwards; what is left over becomes a range.
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
        lo = PFN(nodes[index].hi.raw &+ 1)
      } else if overlapped {
        break
      }
    }
    nodes.insert(PFNRange(lo, through: range.hi), at: position(lo.raw))
  }

  /// Rule 33: the pieces replace the whole, and move no cached node.
  package mutating func split(_ whole: PFNRange, removing part: PFNRange) {
    remove(whole.lo)
    for piece in whole.pieces(without: part) { nodes.insert(piece, at: position(piece.lo.raw)) }
  }
}
