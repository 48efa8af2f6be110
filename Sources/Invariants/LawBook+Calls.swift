import IOVA

/// The laws of a call: what it returns, and what it costs.
extension LawBook {
  /// The length that a fast request actually gets (rule 34).
  @inline(__always)
  func granted(_ pages: UInt64) -> UInt64 {
    HistoryRules(roundsSizes: facts.roundsSizes).granted(pages)
  }

  @inline(never)
  func began(_ event: DomainEvent, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef) {
    guard case .began(let call) = event else { return }
    judgeHoldsNothing(cpu, meter)
    history.began(call, on: cpu)
    switch call {
    case .allocate, .allocateFast: meter.pointee.beginCall(domain.memoryRefusals)
    case .free(let pfn):
      meter.pointee.beginCall(0)
      giveUpIfOwned(pfn, meter)
    case .freeFast(let pfn, let pages):
      meter.pointee.beginCall(0)
      giveUp(pfn, granted(pages), meter)
    case .deferFree(let pfn, let pages):
      meter.pointee.beginCall(0)
      giveUp(pfn, granted(pages), meter)
      beganDeferral(pfn, meter)
    }
  }

  @inline(__always)
  private func giveUp(_ pfn: PFN, _ pages: UInt64, _ meter: MeterRef) {
    // What is freed belongs to the allocator; until it is cached or removed, no one else may get
    // it.
    if isSequential { naive.mark(pfn, .parked) }
    guard pages > 0 else { return }
    meter.pointee.owned &-= 1
    if !ledger.giveUp(PFNRange(pfn, pages: pages)).all, !ledger.isOverflowed {
      notTheCallers(PFNRange(pfn, pages: pages))
    }
  }

  /// A free of a pfn in no range is ignored (rule 27), even if another caller frees it as well. The
  /// call that gives up the first page is the one that frees.
  @inline(__always)
  private func giveUpIfOwned(_ pfn: PFN, _ meter: MeterRef) {
    let pages = ledger.entry(pfn.raw).pages
    guard pages > 0, ledger.giveUp(PFNRange(pfn, pages: 1)).any else {
      meter.pointee.freesNothing = true
      return
    }
    if isSequential { naive.mark(pfn, .parked) }
    meter.pointee.owned &-= 1
    guard pages > 1 else { return }
    let rest = PFNRange(PFN(pfn.raw &+ 1), pages: pages &- 1)
    if !ledger.giveUp(rest).all, !ledger.isOverflowed { notTheCallers(rest) }
  }

  @inline(never)
  private func notTheCallers(_ range: PFNRange) {
    broken(.allocationIsSound, "\(range) is freed, but not all of it was the caller's")
  }

  @inline(never)
  func ended(_ event: DomainEvent, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef) {
    guard case .ended(let call, let pfn) = event else { return }
    judgeHoldsNothing(cpu, meter)
    if !meter.pointee.freesNothing {
      history.ended(call, pfn, on: cpu)
    } else {
      history.forget(cpu)
    }
    switch call {
    case .allocate, .allocateFast:
      // A call that does not flush takes the lock of one cache.
      if meter.pointee.cacheLocks > 1 { meter.pointee.tally.flushes &+= 1 }
      if let pfn {
        answered(call, pfn, meter)
        if facts.translates { judgeForgotten(call.range(at: pfn, granted), domain) }
      } else {
        refused(call, domain, meter)
      }
    case .free:
      if (pfn == nil) != (meter.pointee.removed == 0) { freedOtherwise(pfn) }
    case .freeFast: break
    case .deferFree: endedDeferral(meter)
    }
    guard isDue(meter) else { return }
    judgeBudget(call, meter)
    if isSequential { judgeOwners() }
  }

  @inline(never)
  private func freedOtherwise(_ pfn: PFN?) {
    let answer = pfn.map { "to free the range at \($0)" } ?? "to free nothing"
    broken(.answersAreRight, "a free claims \(answer), which is not what it did")
  }

  @inline(never)
  private func judgeOwners() {
    let totals = meters.totals
    if totals.held != totals.owned {
      broken(
        .nothingIsLost,
        "callers own \(totals.owned.of("range")), \(totals.held) taken and not cached")
    }
  }

  @inline(__always)
  private func answered(_ call: DomainCall, _ pfn: PFN, _ meter: MeterRef) {
    let (asked, pages, limit, aligned): (UInt64, UInt64, AddressLimit, Bool)
    switch call {
    case .allocate(let wanted, let highest, let isAligned):
      (asked, pages, limit, aligned) = (wanted, wanted, highest, isAligned)
    case .allocateFast(let wanted, let highest, let flush):
      (asked, pages, limit, aligned) = (wanted, granted(wanted), highest, true)
      if flush, meter.pointee.cacheLocks > 1 { meter.pointee.reached(.flushedAndRetried) }
    case .free, .freeFast, .deferFree: return
    }
    meter.pointee.owned &+= 1
    let range = PFNRange(pfn, pages: pages)
    let marks = ledger.claim(range)
    if marks.isOwned, !ledger.isOverflowed {
      broken(.allocationIsSound, "\(range) is given to a caller, but another one owns a part of it")
    }
    if isSequential { judgeModel(range) }
    guard isDue(meter) else { return }
    if range.lo.raw < facts.start || range.hi > limit.inclusive {
      broken(
        .allocationIsSound,
        "\(range) is not within \(PFN(facts.start))...\(limit.inclusive)")
    }
    judge(.allocationIsSound, misaligned(pfn, asked, aligned))
    if marks.isReserved {
      broken(.reservationsStand, "\(range) is given to a caller, but a part of it is reserved")
    }
  }

  @inline(never)
  private func judgeModel(_ range: PFNRange) {
    if naive.mark(range.lo, .held) != nil { return }
    if let other = naive.take(range) {
      broken(.allocationIsSound, "\(range) is given to a caller, but overlaps \(other)")
    }
  }

  /// An allocation failed: judges I8 and I8f against the naive allocator.
  @inline(never)
  private func refused(_ call: DomainCall, _ domain: IOVADomain, _ meter: MeterRef) {
    if domain.memoryRefusals != meter.pointee.refusals {
      meter.pointee.reached(.memoryRefused)
      return
    }
    guard isSequential else { return }
    switch call {
    case .allocate(let pages, let limit, let aligned):
      judgeFailure(pages, limit, aligned, flushed: false)
    case .allocateFast(let pages, let limit, let flush):
      judgeFailure(granted(pages), limit, true, flushed: flush)
    case .free, .freeFast, .deferFree: break
    }
  }

  func judgeFailure(
    _ pages: UInt64, _ limit: AddressLimit, _ aligned: Bool, flushed: Bool
  ) {
    let start = PFN(facts.start)
    if let free = naive.room(
      pages, start: start, limit: limit, aligned: aligned, ignoringParked: flushed)
    {
      broken(
        flushed ? .failureAfterFlushIsJustified : .failureIsJustified,
        "no room was found for \(pages.of("page")) up to \(limit), and \(free) is "
          + (flushed ? "free or parked" : "free"))
    }
  }

  /// Judges whether a call cost more than its budget.
  ///
  /// Field by field: copying a meter that was just written would wait for the writes.
  @inline(__always)
  private func judgeBudget(_ call: DomainCall, _ meter: MeterRef) {
    let (trees, depots) = (meter.pointee.treeLocks, meter.pointee.depotLocks)
    let (caches, removed) = (meter.pointee.cacheLocks, meter.pointee.removed)
    let budget = Budget(
      call, cpus: facts.cpus, removed: removed,
      freed: meter.pointee.unmapsStrictly ? 1 : meter.pointee.released)
    if trees > budget.treeLocks { return tooOften(call, "T", trees, budget.treeLocks) }
    if depots > budget.depotLocks { return tooOften(call, "D", depots, budget.depotLocks) }
    if caches > budget.cacheLocks { return tooOften(call, "C", caches, budget.cacheLocks) }
    if meter.pointee.ringLocks | meter.pointee.invalidations != 0 { judgeFlushes(call, meter) }
    if removed > budget.removed {
      broken(
        .callsKeepTheirBudget,
        "\(call.name) freed \(removed.of("range")) to the tree, \(budget.removed) is its budget")
    }
  }

  /// Most calls neither take Q nor invalidate, and need no second check.
  @inline(never)
  private func judgeFlushes(_ call: DomainCall, _ meter: MeterRef) {
    let budget = FlushBudget(call, isStrict: meter.pointee.unmapsStrictly)
    let (rings, flushes) = (meter.pointee.ringLocks, meter.pointee.invalidations)
    if rings > budget.ringLocks { return tooOften(call, "Q", rings, budget.ringLocks) }
    if flushes > budget.invalidations {
      broken(
        .callsKeepTheirBudget,
        "\(call.name) invalidated \(flushes.of("time")), \(budget.invalidations) is its budget")
    }
  }

  @inline(never)
  private func tooOften(
    _ call: DomainCall, _ lock: StaticString, _ spent: Int, _ allowed: Int
  ) {
    broken(
      .callsKeepTheirBudget,
      "\(call.name) took \(lock) \(spent.of("time")), \(allowed) is its budget")
  }
}

/// What a call may cost (I-COST).
struct Budget {
  var treeLocks = 0
  var depotLocks = 0
  var cacheLocks = 0
  /// Ranges freed to the tree.
  var removed = 0

  /// - Parameter removed: ranges that a flush returned; each magazine of a depot costs one T.
  /// - Parameter freed: ranges that an unmapping freed, its own or those that left a ring; each
  ///   costs as much as a free.
  @inline(__always)
  init(_ call: DomainCall, cpus: Int, removed: Int, freed: @autoclosure () -> Int) {
    switch call {
    case .allocate: treeLocks = 1
    case .free: (treeLocks, self.removed) = (1, 1)
    case .freeFast: (treeLocks, depotLocks, cacheLocks, self.removed) = (1, 1, 1, 1)
    case .deferFree:
      let frees = freed()
      (treeLocks, depotLocks, cacheLocks, self.removed) = (frees, frees, frees, frees)
    case .allocateFast(_, _, flush: false): (treeLocks, depotLocks, cacheLocks) = (1, 1, 1)
    case .allocateFast(_, _, flush: true):
      let classes = IOVADomain.sizeClassCount
      treeLocks = 2 + 2 * classes * cpus + removed
      depotLocks = 1 + classes
      cacheLocks = 1 + classes * cpus
      self.removed = removed
    }
  }
}

/// What a call may do to a flush queue (I-COST).
struct FlushBudget {
  var ringLocks = 0
  var invalidations = 0

  /// - Parameter isStrict: whether an unmapped range was freed immediately.
  init(_ call: DomainCall, isStrict: Bool) {
    guard case .deferFree = call else { return }
    ringLocks = isStrict ? 0 : 1
    invalidations = 1
  }
}

extension DomainCall {
  /// The range that an allocation returned.
  fileprivate func range(at pfn: PFN, _ granted: (UInt64) -> UInt64) -> PFNRange {
    switch self {
    case .allocate(let pages, _, _): PFNRange(pfn, pages: pages)
    case .allocateFast(let pages, _, _): PFNRange(pfn, pages: granted(pages))
    case .free, .freeFast, .deferFree: PFNRange(pfn, pages: 1)
    }
  }

  /// The printed name of the call.
  var name: String {
    switch self {
    case .allocate: "allocate"
    case .free: "free"
    case .allocateFast: "allocateFast"
    case .freeFast: "freeFast"
    case .deferFree: "deferFree"
    }
  }
}
