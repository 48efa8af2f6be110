import IOVA

/// What is printed of each part but for page tables and the places where ranges are parked.
extension DomainState {
  // MARK: The tree

  /// The ranges of the tree, each with all who have it, and what somebody has but the tree has not.
  ///
  /// - Parameter all: the ranges without the anchor.
  package static func tree(_ all: [PFNRange], _ holders: [Holder]) -> [String] {
    // A broken tree is in any order.
    let ranges = inOrder(all, \.self)
    var names = Array(repeating: [String](), count: ranges.count)
    var rows: [(range: PFNRange, text: String)] = []
    var first = 0
    for holder in inOrder(holders, \.range) {
      while first < ranges.count, ranges[first].hi < holder.range.lo { first += 1 }
      let end = ranges[first...].prefix { $0.lo <= holder.range.hi }.endIndex
      let met = (first..<end).filter { ranges[$0].overlaps(holder.range) }
      for index in met {
        let name = holder.text(for: ranges[index])
        if holder.isExact || !names[index].contains(name) { names[index].append(name) }
      }
      if met.isEmpty { rows.append((holder.range, holder.name + ", but not in the tree")) }
    }
    rows += zip(ranges, names).map { range, names in
      (range, names.isEmpty ? "nobody has it" : names.joined(separator: ", "))
    }
    return aligned(inOrder(rows, \.range).map { ("\($0.range)", $0.text) })
  }

  /// By the lowest pfn; what begins at the same one stays as it was.
  private static func inOrder<Element>(
    _ elements: [Element], _ range: KeyPath<Element, PFNRange>
  ) -> [Element] {
    elements.enumerated().sorted {
      ($0.element[keyPath: range].lo, $0.offset) < ($1.element[keyPath: range].lo, $1.offset)
    }.map(\.element)
  }

  /// The cached nodes that the release has.
  static func search(_ state: SearchState, _ rules: SearchRules) -> [String] {
    let low = "cached32 \(text(of: state.cached32))"
    return [rules.cachedNodes == .one ? low : "cached \(text(of: state.cached)), \(low)"]
  }

  private static func text(of node: CachedNodeSnapshot?) -> String {
    guard let node else { return "none" }
    let name = node.isAnchor ? "anchor" : "\(PFNRange(node.lo, through: node.hi))"
    return node.isLinked ? name : "\(name) (freed)"
  }

  /// From how many pages on requests are refused, aligned ones and others; nothing if none are.
  static func shortcut(_ tree: TreeSnapshot) -> [String] {
    let sizes = [tree.search.max32, tree.search.max32Unaligned]
    if sizes == [tree.boundary, tree.boundary] { return [] }
    let texts = sizes.map { $0 == tree.boundary ? "unknown" : "\($0)" }
    return ["max32 \(texts[0]), unaligned \(texts[1])"]
  }

  // MARK: Invalidations

  static func queue(_ domain: IOVADomain, _ snapshot: DomainSnapshot) -> [String] {
    guard let flush = snapshot.flush else { return [] }
    let words = [
      domain.defersInvalidations ? "in use" : "not in use",
      flush.isTimerOn ? "flag on" : nil, flush.isTimerArmed ? "timer armed" : nil,
    ]
    return [words.compactMap(\.self).joined(separator: ", ")]
  }

  /// Those that cover stamps, and those of single unmappings.
  static func invalidations(_ domain: IOVADomain) -> [String] {
    let epoch = domain.epoch
    let others = domain.invalidations - epoch.started
    let words = [
      epoch.started > 0 ? "\(epoch.started) started, \(epoch.finished) finished" : nil,
      others > 0 ? "\(others) for unmappings" : nil,
    ].compactMap(\.self)
    return words.isEmpty ? [] : [words.joined(separator: ", ")]
  }

  // MARK: Around the domain

  static func devices(_ domain: IOVADomain) -> [Part] {
    domain.deviceSnapshots().enumerated().map { number, device in
      let words = [
        "mask \(device.mask)", "coherent mask \(device.coherentMask)",
        device.isAttached ? nil : "not attached", device.triesLow ? "32 bits first" : nil,
      ]
      return Part(
        name: "device \(number)", lines: [words.compactMap(\.self).joined(separator: ", ")])
    }
  }

  /// The time, and which CPUs are unplugged.
  static func machine(_ machine: Machine) -> [String] {
    let unplugged = (0..<machine.cpuCount).map { CPU($0) }.filter { !machine.isOnline($0) }
    return (machine.now > 0 ? ["time \(machine.now) ms"] : [])
      + (unplugged.isEmpty ? [] : filled(["unplugged"] + unplugged.map(\.description)))
  }
}
