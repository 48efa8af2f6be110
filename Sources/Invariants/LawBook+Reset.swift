import IOVA

/// I-NEW, for a domain that is used again.
extension LawBook {
  /// Judges a domain that was reset, with its machine. O(CPUs × classes + MiB of the window)
  package func judgeReset(_ domain: IOVADomain) {
    guard diligence != .atRest, !isBroken else { return }
    meters[CPU(0)].pointee.checks &+= 1
    judge(.resetsAreComplete, leftInCounters(domain) ?? leftInTree(domain))
    if !isBroken { judge(.resetsAreComplete, leftInCaches(domain) ?? leftInHardware(domain)) }
  }

  private func leftInCounters(_ domain: IOVADomain) -> String? {
    let found = domain.counters
    var new = Counters()
    new.cacheOfClass = found.cacheOfClass.map { _ in CacheCounters() }
    (new.magazinesLive, new.flush.bytes) = (found.magazinesLive, found.flush.bytes)
    new.magazinesAllocated = UInt64(found.magazinesLive)
    if found == new { return nil }
    let part =
      found.tree != new.tree
      ? "the tree" : found.flush != new.flush ? "invalidations" : "caches, locks or memory"
    return told("counters of \(part) are not as they were")
  }

  private func leftInTree(_ domain: IOVADomain) -> String? {
    let new = ReferenceSearch(domain.searchRules, start: facts.start, boundary: facts.boundary)
    let tree = domain.treeSnapshot()
    let state = tree.search
    if tree.nodes.count != new.nodes.count || state.count != 0 {
      return told("\(tree.nodes.count.of("range")) in the tree, \(state.count) counted")
    }
    if state.cached?.lo != new.cached || state.cached32?.lo != new.cached32 {
      return told("a search would begin elsewhere")
    }
    return facts.shortcut == .none || state.max32 == new.max32
      ? nil : told("the shortcut refuses \(state.max32.of("page")) and more")
  }

  private func leftInCaches(_ domain: IOVADomain) -> String? {
    let snapshot = domain.snapshot()
    if let (pfn, place) = snapshot.parked.first { return told("\(pfn) is in \(place)") }
    if let (pfn, ring) = snapshot.queued.first { return told("\(pfn) is in ring \(ring)") }
    if snapshot.depots.contains(where: \.isTrimPending) { return told("a worker is armed") }
    if snapshot.flush.map({ $0.isTimerOn || $0.isTimerArmed }) == true {
      return told("the timer of the flush queue is on")
    }
    let defers = domain.hasFlushQueue && domain.configuration.defersFromStart
    if domain.defersInvalidations != defers {
      return told("invalidations are \(defers ? "not " : "")deferred")
    }
    return snapshot.onlineCPUs.count == snapshot.cpuCount
      ? nil : told("\(snapshot.onlineCPUs.count.of("CPU")) online")
  }

  private func leftInDevices(_ domain: IOVADomain) -> String? {
    guard let dma = domain.configuration.dma else { return nil }
    for (number, device) in domain.deviceSnapshots().enumerated() {
      if device.isAttached == dma.attachesLate {
        return told("device \(number) is \(device.isAttached ? "" : "not ")attached")
      }
      let coherent = dma.firstMask(of: number, .coherent, boundary: facts.boundary)
      if device.coherentMask != coherent {
        return told("device \(number) has a coherent mask of \(device.coherentMask)")
      }
      // A release may count the page that the device reaches only in part.
      let mask = dma.firstMask(of: number, boundary: facts.boundary).raw
      if device.mask.raw != mask, device.mask.raw != mask + 1 {
        return told("device \(number) has a mask of \(device.mask)")
      }
    }
    return nil
  }

  private func leftInHardware(_ domain: IOVADomain) -> String? {
    guard let iommu = domain.iommu else { return nil }
    if let evidence = leftInDevices(domain) { return evidence }
    let root = iommu.tableSnapshot().root
    if let mebibyte = root.entries.firstIndex(where: { $0 != 0 }) {
      return told("the first level has an entry for MiB \(mebibyte)")
    }
    if root.walkerEntries.contains(where: { $0 != 0 }) {
      return told("the walker sees an entry of the first level")
    }
    if iommu.liveTables + iommu.waitingTables > 0 {
      return told("\(iommu.liveTables.of("table")) there, \(iommu.waitingTables) waiting")
    }
    let window = PFNRange(PFN(0), pages: UInt64(root.entries.count) * BlockSize.section.pages)
    return iommu.remnant(in: DMARange(window)) == nil
      ? nil : told("hardware remembers what was mapped")
  }
}
