import IOVA

/// What happened to the tree under one hold of T.
enum TreeChange { case nothing, allocated, failed, shortcut, removed, removedLow, reserved, split }

/// A request that was judged to have failed rightly, valid as long as the tree does not change.
struct FailedRequest {
  let request: TreeRequest

  /// Whether this failure implies that another request fails as well.
  func explains(_ other: TreeRequest) -> Bool {
    other.pages >= request.pages && other.limit <= request.limit
      && (other.aligned || !request.aligned)
  }
}

/// What a failed request is judged by, on one way through the tree: whether there was room for it,
/// and for what the shortcut refuses.
private struct FailureScans {
  var request: RoomScan
  var aligned: RoomScan
  var unaligned: RoomScan

  /// - Parameter request: nil finds nothing, as do the others.
  init(request: Room?, aligned: Room?, unaligned: Room?) {
    let nothing = Room(pages: 1, start: 0, limit: 0, aligned: false)
    self.request = RoomScan(request ?? nothing)
    self.aligned = RoomScan(aligned ?? nothing)
    self.unaligned = RoomScan(unaligned ?? nothing)
  }

  /// For whoever holds T. O(ranges)
  mutating func run(_ domain: IOVADomain) {
    if !isOpen { return }
    domain.forEachRange {
      if request.isOpen { request.pass($0) }
      if aligned.isOpen { aligned.pass($0) }
      if unaligned.isOpen { unaligned.pass($0) }
      return isOpen
    }
  }

  private var isOpen: Bool { request.isOpen || aligned.isOpen || unaligned.isOpen }
}

/// The laws of T.
extension LawBook {
  private var boundary: UInt64 { facts.boundary }
  private var start: UInt64 { facts.start }

  @inline(never)
  func heardUnderTree(
    _ event: DomainEvent, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef
  ) {
    judgeGuard(.rangeTree, event, cpu, meter)
    switch event {
    case .allocationFailed(let request): allocationFailed(request, domain, meter)
    case .reserved(let range, let isReserved): reserved(range, isReserved, domain, meter)
    case .split(let whole, let part): split(whole, part, domain, cpu, meter)
    case .found(let pfn, let range): found(pfn, range, domain, cpu, meter)
    default: break
    }
  }

  @inline(never)
  func allocated(_ event: DomainEvent, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef) {
    guard case .allocated(let range, let request) = event else { return }
    judgeGuard(.rangeTree, event, cpu, meter)
    change = .allocated
    lastFailure = nil
    let old = ledger.exchange(range.lo.raw, .init(.held, pages: range.pages))
    meter.pointee.held &+= 1
    meter.pointee.tally.allocations &+= 1
    expectPassed(.memoryAsked, by: "a range is allocated", meter)
    meter.pointee.tally.visits &+= UInt32(truncatingIfNeeded: request.visits)
    treeTally.searched(request)
    if range.lo.raw < boundary, range.hi.raw >= boundary {
      meter.pointee.reached(.rangeStraddledBoundary)
    }
    if range.hi.raw >> 51 != 0 { meter.pointee.reached(.rangeNearTop) }
    if old.place != .free, !ledger.isOverflowed {
      broken(.everyRangeHasOnePlace, "\(range) was given out, but was \(old.place)")
    }
    if isDue(meter) {
      judge(.allocationIsSound, unsound(range, request))
      judgeShape(domain, around: range.lo, expecting: range)
      judgeVisits(request)
    }
    if isSequential { judgeSearch(range, request) }
  }

  /// What is wrong with a range that the tree returned.
  @inline(__always)
  private func unsound(_ range: PFNRange, _ request: TreeRequest) -> String? {
    if range.lo.raw < start { return told("\(range) begins below start, \(PFN(start))") }
    if range.hi.raw >= request.limit || range.hi < range.lo {
      return told("\(range) reaches beyond the limit, \(PFN(request.limit &- 1))")
    }
    return misaligned(range.lo, request.pages, request.aligned)
  }

  @inline(__always)
  func misaligned(_ lo: PFN, _ pages: UInt64, _ aligned: Bool) -> String? {
    aligned ? NaturalAlignment.mistake(lo, pages) : nil
  }

  @inline(__always)
  private func judgeVisits(_ request: TreeRequest) {
    // The state at the last release of T: the ranges among which this search went.
    let count = searches[turn].count
    if request.visits > 2 &* (UInt64(truncatingIfNeeded: count) &+ 2) {
      broken(.searchIsBounded, "\(request.visits.of("visit")) among \(count.of("range"))")
    }
  }

  private func allocationFailed(
    _ request: TreeRequest, _ domain: IOVADomain, _ meter: MeterRef
  ) {
    change = request.byShortcut ? .shortcut : .failed
    meter.pointee.reached(request.byShortcut ? .shortcutRefused : .searchFailed)
    expectPassed(.memoryAsked, by: "an allocation fails", meter)
    if request.byShortcut {
      meter.pointee.tally.shortcuts &+= 1
    } else {
      meter.pointee.tally.failures &+= 1
      meter.pointee.tally.visits &+= UInt32(truncatingIfNeeded: request.visits)
      treeTally.searched(request)
    }
    if request.pages > 1 << 63 { meter.pointee.reached(.sizeWrapped) }
    defer { if isSequential { judgeSearch(nil, request) } }
    guard isDue(meter) else { return }
    judgeVisits(request)
    let state = request.byShortcut ? domain.searchState : SearchState()
    let isExplained = lastFailure?.explains(request) == true
    var scans = FailureScans(
      request: isExplained
        ? nil
        : Room(pages: request.pages, start: start, limit: request.limit, aligned: request.aligned),
      aligned: request.byShortcut ? shortcutRoom(state.max32, aligned: true) : nil,
      unaligned: request.byShortcut && facts.shortcut == .sound
        ? shortcutRoom(state.max32Unaligned, aligned: false) : nil)
    scans.run(domain)
    if !isExplained {
      if let free = scans.request.end() {
        let reason = request.byShortcut ? ": max32 is \(state.max32)" : ""
        broken(
          .failureIsJustified,
          "no room was found for \(request.pages.of("page")) up to \(PFN(request.limit - 1)), "
            + "and \(free) is free" + reason)
        return
      }
      if !request.byShortcut { lastFailure = FailedRequest(request: request) }
    }
    judgeShortcut(state.max32, scans.aligned.end())
    judgeShortcut(state.max32Unaligned, scans.unaligned.end())
  }

  /// What the shortcut says that there is no room for; nil if it says nothing.
  private func shortcutRoom(_ size: UInt64, aligned: Bool) -> Room? {
    size < boundary ? Room(pages: size, start: start, limit: boundary, aligned: aligned) : nil
  }

  private func judgeShortcut(_ size: UInt64, _ free: PFNRange?) {
    if let free {
      broken(.max32IsSound, "max32 is \(size), and \(free) is free below the boundary")
    }
  }

  @inline(never)
  func removed(_ event: DomainEvent, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef) {
    guard case .removed(let range, let cause) = event else { return }
    judgeGuard(.rangeTree, event, cpu, meter)
    if cause == .cache {
      meter.pointee.tally.returned &+= 1
      treeTally.returnedOne()
    }
    if range.pages == 0 {
      meter.pointee.tally.unknownFrees &+= 1
      return removedNothing(range, cause)
    }
    meter.pointee.tally.frees &+= 1
    if change != .removedLow { change = range.lo.raw < boundary ? .removedLow : .removed }
    lastFailure = nil
    meter.pointee.removed &+= 1
    if isSequential {
      reference?.remove(range.lo)
      naive.remove(range.lo)
    }
    if meter.pointee.clearing == range.lo.raw { judgeStrict(range.lo, meter) }
    let old = ledger.exchange(range.lo.raw, .init(.free))
    let lawful: PageLedger.Place
    if cause == .cache {
      meter.pointee.reached(.magazineReturnedToTree)
      meter.pointee.parked &-= 1
      lawful = .parked
    } else {
      meter.pointee.held &-= 1
      lawful = .held
    }
    if !old.isIn(lawful) || old.pages != range.pages { removedWrongly(range, cause, lawful, old) }
    guard isDue(meter) else { return }
    let marks = ledger.marks(of: range)
    if marks.isReserved { broken(.reservationsStand, "\(range) is reserved, but was freed") }
    if cause == .client, marks.isOwned, !ledger.isOverflowed {
      broken(.allocationIsSound, "\(range) was freed, but its caller did not ask for it")
    }
    judgeShape(domain, around: range.lo, expecting: nil)
  }

  @inline(never)
  private func removedNothing(_ range: PFNRange, _ cause: RemovalCause) {
    // Of two callers that free the same range, one finds nothing (rule 27).
    if cause == .client, ledger.entry(range.lo.raw).place == .free { return }
    broken(.cachedRangesAreInTheTree, "\(range.lo) was given back, but is in no range")
  }

  @inline(never)
  private func removedWrongly(
    _ range: PFNRange, _ cause: RemovalCause, _ lawful: PageLedger.Place, _ old: PageLedger.Entry
  ) {
    if ledger.isOverflowed { return }
    if old.place != lawful {
      broken(.everyRangeHasOnePlace, "\(range) was freed by the \(cause), but was \(old.place)")
    } else if old.pages != range.pages {
      broken(.cachedRangesAreInTheTree, "\(range) was given out with \(old.pages.of("page"))")
    }
  }

  private func reserved(
    _ range: PFNRange, _ isReserved: Bool, _ domain: IOVADomain, _ meter: MeterRef
  ) {
    change = .reserved
    lastFailure = nil
    if isReserved {
      ledger.reserve(range)
      reference?.reserve(range)
      if isSequential { naive.reserve(range) }
    }
    guard isDue(meter) else { return }
    judgeShape(domain, around: range.lo, expecting: nil)
    if isReserved { judgeCover(range, domain) }
  }

  /// I30: the ranges of the tree cover what was reserved. O(n)
  private func judgeCover(_ range: PFNRange, _ domain: IOVADomain) {
    var next = range.lo.raw
    domain.forEachRange { other in
      if other.lo.raw <= next, next <= other.hi.raw { next = other.hi.raw &+ 1 }
      return other.lo.raw <= range.hi.raw
    }
    if next <= range.hi.raw, next >= range.lo.raw {
      broken(.reservationsStand, "\(range) was reserved, but no range covers \(PFN(next))")
    }
  }

  /// Rule 26. What a caller owns is in the tree; only a sequential run can tell the rest.
  private func found(
    _ pfn: PFN, _ range: PFNRange?, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef
  ) {
    if range != nil { meter.pointee.reached(.rangeLookedUp) }
    guard isDue(meter) else { return }
    if let range {
      if !range.contains(pfn) {
        broken(.answersAreRight, "\(pfn) was looked up, and \(range) found")
      }
      judgeShape(domain, around: range.lo, expecting: range)
    } else if ledger.marks(of: PFNRange(pfn, pages: 1)).isOwned, !ledger.isOverflowed {
      broken(.answersAreRight, "\(pfn) is a caller's, but is not found in any range")
    }
    guard let reference, reference.holder(of: pfn) != range else { return }
    broken(
      .answersAreRight,
      "\(pfn) was looked up, and \(range.map { "\($0)" } ?? "nothing") found instead of "
        + "\(reference.holder(of: pfn).map { "\($0)" } ?? "nothing")")
  }

  private func split(
    _ whole: PFNRange, _ part: PFNRange, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef
  ) {
    change = whole.lo.raw < boundary ? .removedLow : .removed
    lastFailure = nil
    history.split(whole, removing: part, on: cpu)
    meter.pointee.reached(.rangeSplit)
    _ = ledger.exchange(whole.lo.raw, .init(.free))
    ledger.giveUp(part)
    if isSequential { naive.remove(whole.lo) }
    let pieces = whole.pieces(without: part)
    if isSequential { judgeRequests(pieces: pieces.count, meter) }
    for piece in pieces {
      _ = ledger.exchange(piece.lo.raw, .init(.held, pages: piece.pages))
      if isSequential { naive.take(piece) }
    }
    meter.pointee.held &+= pieces.count - 1
    meter.pointee.owned &+= pieces.count - 1
    reference?.split(whole, removing: part)
    guard isDue(meter) else { return }
    for piece in pieces { judgeShape(domain, around: piece.lo, expecting: piece) }
  }

  /// The laws of shape around one place; O(log n).
  @inline(__always)
  private func judgeShape(_ domain: IOVADomain, around pfn: PFN, expecting range: PFNRange?) {
    if domain.isLawful(around: pfn, expecting: range?.hi.raw) { return }
    judgeNeighbours(domain, around: pfn, expecting: range)
  }

  /// Reports what is wrong around one place.
  @inline(never)
  private func judgeNeighbours(_ domain: IOVADomain, around pfn: PFN, expecting range: PFNRange?) {
    var around = Neighbourhood()
    domain.look(around: pfn, &around)
    if let range, !around.isPresent || around.hi != range.hi.raw {
      broken(.rangesAreOrdered, "\(range) was inserted, but is not in the tree")
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
  @inline(never)
  func releasingTree(_ domain: IOVADomain, _ meter: MeterRef) {
    treeTally.returned = 0
    guard !isBroken else { return }
    let before = searches + turn
    turn = 1 &- turn
    let now = searches + turn
    domain.read(&now.pointee)
    let kind = change
    change = .nothing
    guard isDue(meter) else { return }
    judge(.cachedNodesAreLinked, CachedNodeLaws.linked(now.pointee, hasAnchor: facts.hasAnchor))
    judge(
      .cachedNodesArePlaced, CachedNodeLaws.placed(now.pointee, start: start, boundary: boundary))
    if kind == .removed || kind == .removedLow, facts.hasAnchor {
      judge(
        .cachedNodesArePlaced,
        movedDown("cached", before.pointee.cached, now.pointee.cached)
          ?? movedDown("cached32", before.pointee.cached32, now.pointee.cached32))
    }
    judge(.max32StepsAreLawful, unlawfulStep(before.pointee.max32, now.pointee.max32, kind))
    judge(
      .max32StepsAreLawful,
      unlawfulStep(before.pointee.max32Unaligned, now.pointee.max32Unaligned, kind))
    if isSequential { judgeReference(now.pointee) }
    releasesUntilFullForms &-= 1
    if releasesUntilFullForms <= 0 { judgeTree(now.pointee, domain, meter) }
  }

  /// The full forms of the laws of T.
  @inline(never)
  private func judgeTree(_ now: SearchState, _ domain: IOVADomain, _ meter: MeterRef) {
    releasesUntilFullForms = max(LawBook.fullFormInterval, 10 * now.count)
    let tree = domain.treeSnapshot()
    for law in Invariant<TreeSnapshot>.all where !isBroken {
      meter.pointee.checks &+= 1
      if let violation = law.judge(tree) { broken(violation.law, violation.evidence) }
    }
  }

  @inline(__always)
  private func movedDown(
    _ name: StaticString, _ old: CachedNodeSnapshot?, _ new: CachedNodeSnapshot?
  ) -> String? {
    guard let old, let new, new.lo < old.lo else { return nil }
    return told("a delete moved \(name) down from \(old.lo) to \(new.lo)")
  }

  @inline(__always)
  private func unlawfulStep(_ before: UInt64, _ now: UInt64, _ kind: TreeChange) -> String? {
    if kind == .removedLow {
      if facts.shortcut == .none || now == boundary { return nil }
      return told("a range below the boundary was freed, and max32 stays at \(now)")
    }
    if now == before { return nil }
    if kind != .failed {
      return told("max32 went from \(before) to \(now) without a free or a search")
    }
    return now > before ? told("a failure raised max32 from \(before) to \(now)") : nil
  }
}
