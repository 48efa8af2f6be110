import IOVA

/// The laws of a call: what it returns, and what it costs.
extension LawBook {
  /// The length that a fast request really gets (rule 34).
  private func granted(_ pages: UInt64) -> UInt64 {
    HistoryRules(roundsSizes: facts.roundsSizes).granted(pages)
  }

  func began(_ call: DomainCall, _ domain: IOVADomain, _ cpu: CPU) {
    history.began(call, on: cpu)
    meters[cpu].beginCall(domain.memoryRefusals)
    switch call {
    case .allocate, .allocateFast: break
    case .free(let pfn): giveUpIfOwned(pfn, cpu)
    case .freeFast(let pfn, let pages): giveUp(pfn, granted(pages), cpu)
    case .deferFree(let pfn, let pages):
      giveUp(pfn, granted(pages), cpu)
      beganDeferral(pfn, cpu)
    }
  }

  private func giveUp(_ pfn: PFN, _ pages: UInt64, _ cpu: CPU) {
    // What is freed is the allocator's; until it is cached or removed, nobody else may get it.
    if isSequential { naive.mark(pfn, .parked) }
    guard pages > 0 else { return }
    meters[cpu].owned -= 1
    if !ledger.giveUp(PFNRange(pfn, pages: pages)).all, !ledger.isOverflowed {
      notTheCallers(PFNRange(pfn, pages: pages))
    }
  }

  /// A free of a pfn in no range is ignored (rule 27): also if another caller frees it as well.
  /// Whoever gives up the first page is the one who frees.
  private func giveUpIfOwned(_ pfn: PFN, _ cpu: CPU) {
    let pages = ledger.entry(pfn.raw).pages
    guard pages > 0, ledger.giveUp(PFNRange(pfn, pages: 1)).any else {
      meters[cpu].freesNothing = true
      return
    }
    if isSequential { naive.mark(pfn, .parked) }
    meters[cpu].owned -= 1
    guard pages > 1 else { return }
    let rest = PFNRange(PFN(pfn.raw + 1), pages: pages - 1)
    if !ledger.giveUp(rest).all, !ledger.isOverflowed { notTheCallers(rest) }
  }

  private func notTheCallers(_ range: PFNRange) {
    broken(.allocationIsSound, "\(range) is freed, and was not all the caller's")
  }

  func ended(_ call: DomainCall, _ pfn: PFN?, _ domain: IOVADomain, _ cpu: CPU) {
    if !meters[cpu].freesNothing { history.ended(call, pfn, on: cpu) } else { history.forget(cpu) }
    switch call {
    case .allocate(let pages, let limit, let aligned):
      answered(pages, pages, limit, aligned, flushed: false, pfn, domain, cpu)
    case .allocateFast(let pages, let limit, let flush):
      answered(pages, granted(pages), limit, true, flushed: flush, pfn, domain, cpu)
    case .free, .freeFast: break
    case .deferFree: endedDeferral(domain, cpu)
    }
    guard isDue(cpu) else { return }
    judge(.callsKeepTheirBudget, overspent(call, cpu))
    if isSequential {
      let held = meters.total { $0.held }
      let owned = meters.total { $0.owned }
      if held != owned {
        broken(.nothingIsLost, "callers own \(owned) ranges, \(held) are taken and not cached")
      }
    }
  }

  private func answered(
    _ asked: UInt64, _ pages: UInt64, _ limit: AddressLimit, _ aligned: Bool, flushed: Bool,
    _ pfn: PFN?, _ domain: IOVADomain, _ cpu: CPU
  ) {
    guard let pfn else {
      reachedFailure(domain, cpu)
      if isSequential { judgeFailure(pages, limit, aligned, flushed: flushed, domain, cpu) }
      return
    }
    meters[cpu].owned += 1
    if flushed, meters[cpu].cacheLocks > 1 { reached(.flushedAndRetried, cpu) }
    let range = PFNRange(pfn, pages: pages)
    if ledger.claim(range), !ledger.isOverflowed {
      broken(.allocationIsSound, "\(range) is given to a caller, and another one owns a part of it")
    }
    if isSequential { judgeModel(range) }
    guard isDue(cpu) else { return }
    if range.lo.raw < facts.start || range.hi > limit.inclusive {
      broken(
        .allocationIsSound,
        "\(range) is not within \(PFN(facts.start))...\(limit.inclusive)")
    }
    judge(.allocationIsSound, misaligned(pfn, asked, aligned))
    if ledger.isReserved(range) {
      broken(.reservationsStand, "\(range) is given to a caller, and a part is reserved")
    }
  }

  private func judgeModel(_ range: PFNRange) {
    if naive.mark(range.lo, .held) != nil { return }
    if let other = naive.take(range) {
      broken(.allocationIsSound, "\(range) is given to a caller, and overlaps \(other)")
    }
  }

  private func reachedFailure(_ domain: IOVADomain, _ cpu: CPU) {
    if domain.memoryRefusals != meters[cpu].refusals { reached(.memoryRefused, cpu) }
  }

  /// I8 and I8f against the naive allocator.
  private func judgeFailure(
    _ pages: UInt64, _ limit: AddressLimit, _ aligned: Bool, flushed: Bool, _ domain: IOVADomain,
    _ cpu: CPU
  ) {
    guard domain.memoryRefusals == meters[cpu].refusals else { return }
    let start = PFN(facts.start)
    if let free = naive.room(
      pages, start: start, limit: limit, aligned: aligned, ignoringParked: flushed)
    {
      broken(
        flushed ? .failureAfterFlushIsJustified : .failureIsJustified,
        "no room was found for \(pages) pages up to \(limit), and \(free) is "
          + (flushed ? "free or parked" : "free"))
    }
  }

  private func tooOften(
    _ call: DomainCall, _ lock: StaticString, _ spent: Int, _ allowed: Int
  ) -> String {
    "\(call.name) took \(lock) \(spent) times, \(allowed) is its budget"
  }

  /// What a call cost beyond its budget.
  ///
  /// Field by field: a copy of a meter that was just written waits for the writes.
  private func overspent(_ call: DomainCall, _ cpu: CPU) -> String? {
    let (trees, depots) = (meters[cpu].treeLocks, meters[cpu].depotLocks)
    let (caches, removed) = (meters[cpu].cacheLocks, meters[cpu].removed)
    let budget = Budget(
      call, cpus: facts.cpus, removed: removed, isStrict: meters[cpu].unmapsStrictly,
      released: meters[cpu].released)
    if trees > budget.treeLocks { return tooOften(call, "T", trees, budget.treeLocks) }
    if depots > budget.depotLocks { return tooOften(call, "D", depots, budget.depotLocks) }
    if caches > budget.cacheLocks { return tooOften(call, "C", caches, budget.cacheLocks) }
    let (rings, flushes) = (meters[cpu].ringLocks, meters[cpu].invalidations)
    if rings > budget.ringLocks { return tooOften(call, "Q", rings, budget.ringLocks) }
    if flushes > budget.invalidations {
      return "\(call.name) invalidated \(flushes) times, \(budget.invalidations) is its budget"
    }
    if removed > budget.removed {
      return "\(call.name) freed \(removed) ranges to the tree, \(budget.removed) is its budget"
    }
    return nil
  }
}

/// What a call may cost (I-COST).
struct Budget {
  var treeLocks = 0
  var depotLocks = 0
  var cacheLocks = 0
  /// Ranges freed to the tree.
  var removed = 0
  var ringLocks = 0
  var invalidations = 0

  /// - Parameter removed: ranges that a flush returned; each magazine of a depot costs one T.
  /// - Parameter isStrict: whether an unmapped range was freed at once.
  /// - Parameter released: ranges that left a ring, each of which costs as much as a free.
  init(_ call: DomainCall, cpus: Int, removed: Int, isStrict: Bool, released: Int) {
    let classes = IOVADomain.sizeClassCount
    switch call {
    case .allocate: treeLocks = 1
    case .free: (treeLocks, self.removed) = (1, 1)
    case .freeFast: (treeLocks, depotLocks, cacheLocks, self.removed) = (1, 1, 1, 1)
    case .deferFree:
      let frees = isStrict ? 1 : released
      (treeLocks, depotLocks, cacheLocks, self.removed) = (frees, frees, frees, frees)
      ringLocks = isStrict ? 0 : 1
      invalidations = 1
    case .allocateFast(_, _, flush: false): (treeLocks, depotLocks, cacheLocks) = (1, 1, 1)
    case .allocateFast(_, _, flush: true):
      treeLocks = 2 + 2 * classes * cpus + removed
      depotLocks = 1 + classes
      cacheLocks = 1 + classes * cpus
      self.removed = removed
    }
  }
}

extension DomainCall {
  /// The name of the call, as it is printed.
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
