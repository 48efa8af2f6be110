import IOVA

/// The laws over several locks, for when nobody runs.
extension LawBook {
  /// Judges everything that holds between calls, in full. O(n)
  package func judgeAtRest() {
    guard let domain, !isBroken else { return }
    let snapshot = domain.snapshot()
    let cpu = CPU(0)
    for law in Invariant<TreeSnapshot>.all where !isBroken {
      meters[cpu].pointee.checks &+= 1
      if let violation = law.judge(snapshot.tree) { broken(violation.law, violation.evidence) }
    }
    judgeReports(snapshot.tree, domain)
    judgeWatchfulness(snapshot.tree, domain)
    for law in Invariant<DomainSnapshot>.atRest where !isBroken {
      meters[cpu].pointee.checks &+= 1
      if let violation = law.judge(snapshot) { broken(violation.law, violation.evidence) }
    }
    if facts.translates { judgeTables(domain) }
    guard diligence != .atRest, !isBroken else { return }
    judgeConservation(snapshot)
    if !isBroken { judgeQueuedWaits(domain) }
    if !isBroken { judgeHistory() }
    if !isBroken { judgeCounters(domain) }
  }

  /// Judges what sums can tell of a domain between calls: enough to notice that something is lost,
  /// at a cost that a short execution can bear. O(CPUs × classes)
  package func judgeSums() {
    guard let watched, diligence != .atRest, !isBroken, !ledger.isOverflowed else { return }
    meters[CPU(0)].pointee.checks &+= 1
    watched._withUnsafeGuaranteedRef { domain in
      let totals = meters.totals
      judgeSums(
        domain.cacheSums(), domain, held: totals.held, owned: totals.owned, parked: totals.parked)
      if facts.defers { judgeQueueSums(domain) }
      if facts.translates { judgeTablesBriefly(domain) }
    }
  }

  private func judgeSums(
    _ sums: CacheSums, _ domain: IOVADomain, held: Int, owned: Int, parked: Int
  ) {
    let areRight =
      held == owned && parked == sums.parked && sums.stranded == 0 && sums.stuckDepots == 0
      && domain.liveMagazines == sums.magazines && domain.strayNodes == 0
    if areRight { return }
    // The full forms say more of what is wrong, and come first wherever they are used alone.
    judgeAtRest()
    if held != owned {
      broken(.nothingIsLost, "callers own \(owned.of("range")), \(held) taken and not cached")
    }
    if parked != sums.parked {
      broken(
        .nothingIsLost, "\(parked.of("range")) cached, \(sums.parked) in magazines")
    }
    if sums.stranded > 0 {
      broken(.unpluggedCachesAreEmpty, "unplugged CPUs cache \(sums.stranded.of("range"))")
    }
    if sums.stuckDepots != 0 {
      broken(
        .trimmingIsAlive,
        "the depot of class \(sums.stuckDepots.trailingZeroBitCount) holds more magazines than "
          + "CPUs are online, and its worker is not armed")
    }
    if domain.liveMagazines != sums.magazines || domain.strayNodes != 0 {
      broken(
        .memoryIsAccounted,
        "\(domain.liveMagazines.of("magazine")), \(sums.magazines) in use; "
          + "\(domain.strayNodes) range objects are in no tree")
    }
  }

  /// I14: every range is somebody's, and the ledger, the callers and the caches agree on whose.
  private func judgeConservation(_ snapshot: DomainSnapshot) {
    meters[CPU(0)].pointee.checks &+= 1
    guard !ledger.isOverflowed else { return }
    let totals = meters.totals
    let (held, parked, owned) = (totals.held, totals.parked, totals.owned)
    if held != owned {
      broken(.nothingIsLost, "callers own \(owned.of("range")), \(held) taken and not cached")
      return
    }
    if parked != snapshot.parkedCount {
      broken(
        .nothingIsLost, "\(parked.of("range")) cached, \(snapshot.parkedCount) in magazines")
      return
    }
    let queued = totals.queued
    if queued != snapshot.queued.count {
      broken(
        .nothingIsLost, "\(queued.of("range")) queued, \(snapshot.queued.count) in rings")
      return
    }
    var counts = (held: 0, parked: 0, queued: 0)
    for node in snapshot.tree.nodes where node.range.lo.raw != .max {
      let entry = ledger.entry(node.range.lo.raw)
      switch entry.place {
      case .held: counts.held += 1
      case .parked: counts.parked += 1
      case .queued: counts.queued += 1
      case .free:
        if !ledger.isReserved(node.range) {
          broken(.nothingIsLost, "\(node.range) is taken and nobody's")
          return
        }
      }
      if entry.place != .free, entry.pages != node.range.pages {
        broken(.nothingIsLost, "\(node.range) was given out with \(entry.pages.of("page"))")
        return
      }
    }
    if counts != (held, parked, queued) {
      broken(
        .nothingIsLost,
        "\(held.of("range")) held, \(parked) parked, \(queued) queued; the tree holds "
          + "\(counts.held), \(counts.parked), \(counts.queued)"
      )
    }
  }

  /// Judges a domain to which everything was given back (I23).
  package func judgeQuiet() {
    judgeAtRest()
    guard let domain, !isBroken else { return }
    let snapshot = domain.snapshot()
    if let (pfn, place) = snapshot.parked.first {
      broken(.quietDomainIsEmpty, "\(pfn) is in \(place)")
    }
    if let (pfn, ring) = snapshot.queued.first {
      broken(.quietDomainIsEmpty, "\(pfn) is in ring \(ring)")
    }
    guard diligence != .atRest, !ledger.isOverflowed else { return }
    for node in snapshot.tree.nodes where node.range.lo.raw != .max {
      if !ledger.isReserved(node.range) {
        broken(.quietDomainIsEmpty, "\(node.range) is still in the tree")
        return
      }
    }
  }

  /// Judges a domain that could not be made.
  ///
  /// - Parameter isShort: whether memory was refused meanwhile.
  package func judgeUnmade(_ remains: DomainRemains, isShort: Bool) {
    meters[CPU(0)].pointee.reached(.domainNotMade)
    if !isShort {
      broken(.answersAreRight, "a domain is said to lack memory, and none was refused")
    }
    judgeRemains(remains)
  }

  /// Judges what is left of a domain that was torn down.
  package func judgeRemains(_ remains: DomainRemains) {
    guard !isBroken else { return }
    if remains.tables > 0 {
      broken(.tablesAreAccounted, "\(remains.tables.of("table")) left behind by a page table")
    }
    if remains.tablePages > 0 {
      broken(
        .tablesAreAccounted,
        "\(remains.tablePages.of("page")) for tables left behind by a domain")
    }
    if !remains.isEmpty {
      broken(
        .memoryIsAccounted,
        "after the end \(remains.rangeObjects.of("range object")) "
          + "and \(remains.magazines.of("magazine")), and rings of \(remains.ringBytes.of("byte"))"
      )
    }
  }

  /// Notes that a CPU went; for the milestone alone.
  package func noteUnplugged(_ cpu: CPU) { meters[cpu].pointee.reached(.cpuUnplugged) }
}
