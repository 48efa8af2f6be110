/// What a domain is made with.
public struct DomainConfiguration: Sendable, Hashable {
  public var granule = Granule.fourKiB
  /// The lowest usable pfn; at least 1, since 0 means "no result" (rule 4).
  public var start = PFN(1)
  /// The first pfn that counts as above the 32-bit space; nil for the one that follows from the
  /// granule.
  public var boundary: UInt64?
  public var revision = Revision.current
  public var faults = FaultSet.none
  /// The depot bound that fault R12 sets.
  public var faultyDepotBound = 32

  /// How invalidations are deferred; nil if every unmapping invalidates immediately.
  public var flushQueue: FlushOptions?
  /// Whether they are deferred from the start, or only once that is asked for.
  public var defersFromStart = true

  /// The IOMMU and its devices; nil if there are none.
  public var dma: DMAConfiguration?

  public init() {}

  /// The first pfn beyond 32-bit addresses.
  public var effectiveBoundary: UInt64 { boundary ?? granule.boundary }

  /// The highest pfn of the address space, inclusive (rule 29).
  public var highestPFN: PFN { PFN(UInt64.max >> granule.shift) }

  /// The revision with the settings that its faults need, but without the faults.
  public var faultSetting: Revision {
    var revision = revision
    for fault in faults.faults { fault.restoreSetting(of: &revision) }
    return revision
  }

  /// The IOMMU, with the faults and the revision of the domain.
  var effectiveDMA: DMAConfiguration? {
    guard var dma else { return nil }
    dma.table.revision = effectiveRevision
    dma.table.faults = faults
    return dma
  }

  /// How invalidations are deferred: not at all if a device forbids it (rule 88), and in one ring
  /// for all CPUs if a hypervisor does the invalidating (rule 72).
  var effectiveFlushQueue: FlushOptions? {
    let isForbidden = dma?.devices.contains(where: \.isISM) == true && !faults.contains(.d09)
    guard var queue = flushQueue, !isForbidden else { return nil }
    if dma?.shadow != nil { queue.mode = revision.flush.ringsForShadows ? .perCPU : .single }
    return queue
  }

  /// The rules that are in force.
  var effectiveRevision: Revision {
    var revision = faultSetting
    if faults.contains(.r12) { revision.cache.depot = .bounded(faultyDepotBound) }
    return revision
  }
}
