import IOVA

/// What is printed of each part but for page tables and the places where ranges are parked.
extension DomainState {
  // MARK: The tree

  /// The ranges of the tree, each with all who have it, and what is claimed but not in the tree.
  static func tree(_ tree: TreeSnapshot, _ claims: [Claim]) -> [String] {
    let ranges = tree.nodes.map(\.range).filter { !tree.hasAnchor || $0.lo != PFN(.max) }
    var owners = Array(repeating: [String](), count: ranges.count)
    var rows: [(PFNRange, String)] = []
    var first = 0
    // In order, so that one walk over the ranges is enough; claims of one place as they came.
    let inOrder = claims.enumerated().sorted {
      ($0.element.range.lo, $0.offset) < ($1.element.range.lo, $1.offset)
    }
    for claim in inOrder.map(\.element) {
      while first < ranges.count, ranges[first].hi < claim.range.lo { first += 1 }
      let met = ranges[first...].prefix { $0.lo <= claim.range.hi }
      for index in met.indices { owners[index].append(claim.text(within: ranges[index])) }
      if met.isEmpty { rows.append((claim.range, claim.owner + ", but not in the tree")) }
    }
    rows += zip(ranges, owners).map { range, owners in
      (range, owners.isEmpty ? "nobody has it" : owners.joined(separator: ", "))
    }
    return aligned(
      rows.enumerated().sorted { ($0.element.0.lo, $0.offset) < ($1.element.0.lo, $1.offset) }
        .map { ("\($0.element.0)", $0.element.1) })
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
