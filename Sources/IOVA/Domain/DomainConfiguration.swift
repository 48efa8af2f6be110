/// What a domain is made with.
public struct DomainConfiguration: Sendable, Hashable {
  public var granule = Granule.fourKiB
  /// The lowest usable pfn; at least 1, since 0 means "no result" (rule 4).
  public var start = PFN(1)
  /// The first pfn that counts as above the 32-bit space; by default where the granule puts it.
  public var boundary: UInt64?
  public var revision = Revision.current
  public var faults = FaultSet.none
  /// The depot bound that fault R12 sets.
  public var faultyDepotBound = 32

  /// How invalidations are deferred; nil if every unmapping invalidates at once.
  public var flushQueue: FlushOptions?
  /// Whether they are deferred as soon as there is a domain, or once that is asked for.
  public var defersFromStart = true

  /// The IOMMU and its devices; nil if there are none.
  public var dma: DMAConfiguration?

  public init() {}

  /// The first pfn that is not a 32-bit one.
  public var effectiveBoundary: UInt64 { boundary ?? granule.boundary }

  /// The highest pfn of the address space, inclusive (rule 29).
  public var highestPFN: PFN { PFN(UInt64.max >> granule.shift) }

  /// The revision in the setting in which its faults lived, without the faults.
  public var faultSetting: Revision {
    var revision = revision
    for fault in faults.faults { fault.restoreSetting(of: &revision) }
    return revision
  }

  /// The IOMMU with the faults and the revision of the domain.
  var effectiveDMA: DMAConfiguration? {
    guard var dma else { return nil }
    dma.table.revision = effectiveRevision
    dma.table.faults = faults
    return dma
  }

  /// How invalidations are deferred, if they are: never where a device forbids it (rule 88), and
  /// in one ring for all CPUs where it is a hypervisor that invalidates (rule 72).
  var effectiveFlushQueue: FlushOptions? {
    guard var queue = flushQueue, dma?.devices.contains(where: \.isISM) != true else { return nil }
    if dma?.shadow != nil { queue.mode = .single }
    return queue
  }

  /// The rules that are in force.
  var effectiveRevision: Revision {
    var revision = faultSetting
    if faults.contains(.r12) { revision.cache.depot = .bounded(faultyDepotBound) }
    return revision
  }
}

/// A domain could not get the memory it needs from the start (rule 48).
public struct OutOfMemory: Error, Hashable, Sendable {
  /// What of the domain is left all the same: nothing.
  public var remains: IOVADomain.Remains

  package init(_ remains: IOVADomain.Remains = .init()) { self.remains = remains }
}
