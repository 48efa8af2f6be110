import IOVA

/// What happened to the tree under one hold of T.
enum TreeChange { case nothing, allocated, failed, shortcut, removed, removedLow, reserved, split }

/// A request that was judged to have failed rightly, as long as the tree does not change.
struct FailedRequest {
  let request: TreeRequest

  /// Whether another request that fails as well follows from this one.
  func explains(_ other: TreeRequest) -> Bool {
    other.pages >= request.pages && other.limit <= request.limit
      && (other.aligned || !request.aligned)
  }
}

/// The laws of T.
extension LawBook {
  private var boundary: UInt64 { facts.boundary }
  private var start: UInt64 { facts.start }

  func allocated(_ range: PFNRange, _ request: TreeRequest, _ domain: IOVADomain, _ cpu: CPU) {
    change = .allocated
    lastFailure = nil
    let old = ledger.exchange(range.lo.raw, .init(.held, pages: range.pages))
    meters[cpu].held += 1
    if range.lo.raw < boundary, range.hi.raw >= boundary { reached(.rangeStraddledBoundary, cpu) }
    if old.place != .free, !ledger.isOverflowed {
      broken(.everyRangeHasOnePlace, "\(range) was given out, and is \(old.place)")
    }
    defer { reference?.insert(range) }
    guard isDue(cpu) else { return }
    judge(.allocationIsSound, unsound(range, request))
    judgeShape(domain, around: range.lo, expecting: range)
    judgeVisits(request)
    if let expected = reference?.find(request.pages, request.limit, aligned: request.aligned),
      expected != range
    {
      broken(.searchFollowsTheRules, "the rules give \(expected), the search gave \(range)")
    }
  }

  /// What is wrong with a range that the tree gave.
  private func unsound(_ range: PFNRange, _ request: TreeRequest) -> String? {
    if range.lo.raw < start { return "\(range) begins below start, \(PFN(start))" }
    if range.hi.raw >= request.limit || range.hi < range.lo {
      return "\(range) reaches beyond the limit, \(PFN(request.limit &- 1))"
    }
    return misaligned(range.lo, request.pages, request.aligned)
  }

  func misaligned(_ lo: PFN, _ pages: UInt64, _ aligned: Bool) -> String? {
    guard aligned, pages > 1 else { return nil }
    let unit: UInt64 = 1 << UInt64(64 - (pages - 1).leadingZeroBitCount)
    return lo.raw % unit == 0 ? nil : "\(lo) is not a multiple of \(unit)"
  }

  private func judgeVisits(_ request: TreeRequest) {
    // `search` is what the last release of T left: the ranges among which this search went.
    let most = 2 * (UInt64(search.count) + 2)
    if request.visits > most {
      broken(.searchIsBounded, "\(request.visits) visits among \(search.count) ranges")
    }
  }

  func allocationFailed(_ request: TreeRequest, _ domain: IOVADomain, _ cpu: CPU) {
    change = request.byShortcut ? .shortcut : .failed
    reached(request.byShortcut ? .shortcutRefused : .searchFailed, cpu)
    guard isDue(cpu) else { return }
    judgeVisits(request)
    if lastFailure?.explains(request) != true {
      let room = Room(
        pages: request.pages, start: start, limit: request.limit, aligned: request.aligned)
      if let free = find(room, domain) {
        let reason = request.byShortcut ? ": max32 is \(domain.searchState.max32)" : ""
        broken(
          .failureIsJustified,
          "no room was found for \(request.pages) pages up to \(PFN(request.limit - 1)), "
            + "and \(free) is free" + reason)
        return
      }
      if !request.byShortcut { lastFailure = FailedRequest(request: request) }
    }
    guard request.byShortcut else { return }
    let state = domain.searchState
    judgeShortcut(state.max32, aligned: true, domain)
    if facts.shortcut == .sound { judgeShortcut(state.max32Unaligned, aligned: false, domain) }
  }

  private func judgeShortcut(_ size: UInt64, aligned: Bool, _ domain: IOVADomain) {
    guard size < boundary else { return }
    let room = Room(pages: size, start: start, limit: boundary, aligned: aligned)
    if let free = find(room, domain) {
      broken(.max32IsSound, "max32 is \(size), and \(free) is free below the boundary")
    }
  }

  private func find(_ room: Room, _ domain: IOVADomain) -> PFNRange? {
    var scan = RoomScan(room)
    domain.forEachRange {
      scan.pass($0)
      return scan.found == nil
    }
    return scan.end()
  }

  func removed(_ range: PFNRange, _ cause: RemovalCause, _ domain: IOVADomain, _ cpu: CPU) {
    if range.pages == 0 {
      // Of two callers that free one range, one finds nothing (rule 27).
      if cause == .client, ledger.entry(range.lo.raw).place == .free { return }
      broken(.cachedRangesAreInTheTree, "\(range.lo) was given back, and is in no range")
      return
    }
    if change != .removedLow { change = range.lo.raw < boundary ? .removedLow : .removed }
    lastFailure = nil
    meters[cpu].removed += 1
    reference?.remove(range.lo)
    if isSequential { naive.remove(range.lo) }
    if cause == .cache { reached(.magazineReturnedToTree, cpu) }
    if meters[cpu].clearing == range.lo.raw { judgeStrict(range.lo, cpu) }
    let old = ledger.exchange(range.lo.raw, .init(.free))
    if cause == .cache { meters[cpu].parked -= 1 } else { meters[cpu].held -= 1 }
    if !ledger.isOverflowed {
      let lawful: PageLedger.Place = cause == .cache ? .parked : .held
      if old.place != lawful {
        broken(.everyRangeHasOnePlace, "\(range) was freed by the \(cause), and was \(old.place)")
      } else if old.pages != range.pages {
        broken(
          .cachedRangesAreInTheTree, "\(range) was given out with \(old.pages) pages")
      }
    }
    guard isDue(cpu) else { return }
    if ledger.isReserved(range) {
      broken(.reservationsStand, "\(range) is reserved, and was freed")
    }
    if cause == .client, ledger.isOwned(range), !ledger.isOverflowed {
      broken(.allocationIsSound, "\(range) was freed, and its caller did not ask for it")
    }
    judgeShape(domain, around: range.lo, expecting: nil)
  }

  func reserved(_ range: PFNRange, _ isReserved: Bool, _ domain: IOVADomain, _ cpu: CPU) {
    change = .reserved
    lastFailure = nil
    if isReserved {
      ledger.reserve(range)
      reference?.reserve(range)
      if isSequential { naive.reserve(range) }
    }
    guard isDue(cpu) else { return }
    judgeShape(domain, around: range.lo, expecting: nil)
  }

  func split(_ whole: PFNRange, _ part: PFNRange, _ domain: IOVADomain, _ cpu: CPU) {
    change = whole.lo.raw < boundary ? .removedLow : .removed
    lastFailure = nil
    history.split(whole, removing: part, on: cpu)
    reached(.rangeSplit, cpu)
    _ = ledger.exchange(whole.lo.raw, .init(.free))
    ledger.giveUp(part)
    if isSequential { naive.remove(whole.lo) }
    let pieces = HistoryEffect.pieces(of: whole, without: part)
    for piece in pieces {
      _ = ledger.exchange(piece.lo.raw, .init(.held, pages: piece.pages))
      if isSequential { naive.take(piece) }
    }
    meters[cpu].held += pieces.count - 1
    meters[cpu].owned += pieces.count - 1
    reference?.split(whole, removing: part)
    guard isDue(cpu) else { return }
    for piece in pieces { judgeShape(domain, around: piece.lo, expecting: piece) }
  }

  /// The laws of shape around one place; O(log n).
  private func judgeShape(
    _ domain: IOVADomain, around pfn: PFN, expecting range: PFNRange?
  ) {
    var around = Neighbourhood()
    domain.look(around: pfn, &around)
    if let range, !around.isPresent || around.hi != range.hi.raw {
      broken(.rangesAreOrdered, "\(range) was inserted, and is not in the tree")
    }
    if !around.linksAgree { broken(.rangesAreOrdered, "parents and children near \(pfn) disagree") }
    if !around.pathIsLawful { broken(.treeIsRedBlack, "two red nodes in a row above \(pfn)") }
    if !around.anchorIsOnTop { broken(.anchorStaysOnTop, "the highest range is not the anchor") }
    let middle = around.isPresent ? PFNRange(pfn, through: PFN(around.hi)) : nil
    judgeDisjoint(around.predecessor, middle ?? around.successor)
    judgeDisjoint(middle, around.successor)
  }

  private func judgeDisjoint(_ low: PFNRange?, _ high: PFNRange?) {
    if let low, let high, low.hi >= high.lo {
      broken(.rangesAreDisjoint, "\(low) reaches into \(high)")
    }
  }

  /// The laws of the cached nodes and of the shortcut, which are O(1).
  func releasingTree(_ domain: IOVADomain, _ cpu: CPU) {
    guard change != .nothing, !isBroken else { return }
    // `search` changes last: a copy of what was just written waits for the writes.
    var now = SearchState()
    domain.read(&now)
    defer { search = now }
    let kind = change
    change = .nothing
    guard isDue(cpu) else { return }
    judge(.cachedNodesAreLinked, CachedNodeLaws.linked(now, hasAnchor: facts.hasAnchor))
    judge(.cachedNodesArePlaced, CachedNodeLaws.placed(now, start: start, boundary: boundary))
    judge(.cachedNodesArePlaced, movedDown(now, kind))
    judge(.max32StepsAreLawful, unlawfulStep(search.max32, now.max32, kind))
    judge(
      .max32StepsAreLawful, unlawfulStep(search.max32Unaligned, now.max32Unaligned, kind))
    judgeReference(now)
    releasesUntilFullForms -= 1
    if releasesUntilFullForms <= 0 {
      releasesUntilFullForms = max(LawBook.fullFormInterval, 10 * now.count)
      let tree = domain.treeSnapshot()
      for law in Invariant<TreeSnapshot>.all where !isBroken {
        meters[cpu].checks &+= 1
        if let violation = law.judge(tree) { broken(violation.law, violation.evidence) }
      }
    }
  }

  private func judgeReference(_ now: SearchState) {
    guard let reference else { return }
    judgeReference("cached", now.cached, reference.cached)
    judgeReference("cached32", now.cached32, reference.cached32)
  }

  private func judgeReference(
    _ name: StaticString, _ node: CachedNodeSnapshot?, _ expected: PFN
  ) {
    guard node?.lo != expected else { return }
    let found = node.map { $0.isAnchor ? "the anchor" : "\($0.lo)" } ?? "nil"
    let rule = expected.raw == .max ? "the anchor" : "\(expected)"
    broken(.searchFollowsTheRules, "\(name) is \(found); by the rules it is \(rule)")
  }

  private func movedDown(_ now: SearchState, _ kind: TreeChange) -> String? {
    guard kind == .removed || kind == .removedLow, facts.hasAnchor else { return nil }
    return movedDown("cached", search.cached, now.cached)
      ?? movedDown("cached32", search.cached32, now.cached32)
  }

  private func movedDown(
    _ name: StaticString, _ old: CachedNodeSnapshot?, _ new: CachedNodeSnapshot?
  ) -> String? {
    guard let old, let new, new.lo < old.lo else { return nil }
    return "a delete moved \(name) down from \(old.lo) to \(new.lo)"
  }

  private func unlawfulStep(
    _ before: UInt64, _ now: UInt64, _ kind: TreeChange
  ) -> String? {
    switch kind {
    case .removedLow:
      if facts.shortcut == .none || now == boundary { return nil }
      return "a range below the boundary was freed, and max32 stays at \(now)"
    case .failed:
      return now > before ? "a failure raised max32 from \(before) to \(now)" : nil
    case .nothing, .allocated, .shortcut, .removed, .reserved, .split:
      return now == before ? nil : "max32 went from \(before) to \(now) without a free or a walk"
    }
  }
}
