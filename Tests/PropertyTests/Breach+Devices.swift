import IOVA
import Invariants

/// The laws of devices and of page tables in use, in their incremental forms.
extension Breach {
  private static var devices: DMAConfiguration {
    var dma = DMAConfiguration()
    dma.table.inputBits = 24
    dma.devices = [DMADevice(mask: PFN(0x7F), isPCI: false)]
    return dma
  }

  private static func watching(_ change: (inout DMAConfiguration) -> Void = { _ in }) throws
    -> WatchedDomain
  {
    var dma = devices
    change(&dma)
    return try WatchedDomain(dma: dma)
  }

  private static func devices(
    _ law: Law, _ way: String, _ body: @escaping @Sendable (WatchedDomain) -> Void
  ) -> Breach {
    Breach(law, way) {
      let watched = try watching()
      body(watched)
      return watched.book.violation
    }
  }

  private static func stores(_ way: String, _ store: TableStore) -> Breach {
    devices(.tablesAreWellFormed, way) { $0.pretend(.dma(.table(.stored(store)))) }
  }

  private static let buffer = PhysicalAddress(0x8000_0000)

  private static let reach = DMARange(DMAAddress(0), bytes: 1 << 20)

  static let ofDevices: [Breach] = accesses + mappings + tablesInUse

  private static let accesses: [Breach] = [
    devices(.devicesReachTheirPages, "a device gets to what was never mapped") { watched in
      watched.pretend(.dma(.accessing(PFN(9))))
      let found = PageTranslation(output: buffer, protection: .readWrite)
      watched.pretend(.dma(.accessed(PFN(9), found)))
    },
    devices(.devicesReachTheirPages, "a device faults at what is mapped") { watched in
      let pfn = watched.map()
      watched.pretend(.dma(.accessing(pfn)))
      watched.pretend(.dma(.accessed(pfn, nil)))
    },
    devices(.devicesReachTheirPages, "a device gets elsewhere") { watched in
      let pfn = watched.map()
      watched.pretend(.dma(.accessing(pfn)))
      let found = PageTranslation(output: buffer + 4096, protection: .readWrite)
      watched.pretend(.dma(.accessed(pfn, found)))
    },
    devices(.devicesReachTheirPages, "a device writes to what it may read") { watched in
      let pfn = watched.map(permitting: .read)
      watched.pretend(.dma(.accessing(pfn)))
      let found = PageTranslation(output: buffer, protection: .readWrite)
      watched.pretend(.dma(.accessed(pfn, found)))
    },
    Breach(.sharingEndsWithUnmapping, "a page that is queued, and still led to, D09") {
      var dma = devices
      dma.devices[0].isISM = true
      let watched = try WatchedDomain(
        faults: FaultSet([.d09]), queue: FlushOptions(.perCPU, slots: 4, timeout: 10), dma: dma)
      let pfn = watched.map()
      watched.example.domain.access(pfn, on: CPU(0))
      watched.example.domain.unmap(pfn, 1, on: CPU(0))
      watched.example.domain.access(pfn, on: CPU(0))
      return watched.book.violation
    },
    devices(.nothingStaleIsReused, "a range that hardware remembers") { watched in
      let pfn = watched.map()
      watched.example.domain.access(pfn, on: CPU(0))
      // Freed as if it had never been mapped, and taken again.
      watched.example.domain.freeFast(pfn, 1, on: CPU(0))
      _ = watched.example.domain.allocateFast(
        1, below: AddressLimit(PFN(0x7F)), flush: false, on: CPU(0))
    },
  ]

  private static let mappings: [Breach] = [
    devices(.limitsAreKept, "an address that the device cuts off") { watched in
      watched.pretend(.dma(.mapped(PFNRange(PFN(0x80), pages: 1), MapRequest(1, 0))))
    },
    devices(.limitsAreKept, "coherent memory above a mask that buffers do not have") { watched in
      watched.changeMask(to: 0x20, .coherent)
      watched.pretend(.dma(.requested(MapRequest(1, 0, .coherent))))
      watched.pretend(.dma(.mapped(PFNRange(PFN(0x40), pages: 1), MapRequest(1, 0, .coherent))))
    },
    devices(.limitsAreKept, "an address above a mask that was lowered") { watched in
      watched.changeMask(to: 0x20)
      watched.pretend(.dma(.requested(MapRequest(1, 0))))
      watched.pretend(.dma(.mapped(PFNRange(PFN(0x40), pages: 1), MapRequest(1, 0))))
    },
    devices(.limitsAreKept, "an address above all that a mask was during a call") { watched in
      watched.changeMask(to: 0x20)
      watched.pretend(.dma(.requested(MapRequest(1, 0))))
      watched.changeMask(to: 0x30)
      watched.pretend(.dma(.mapped(PFNRange(PFN(0x40), pages: 1), MapRequest(1, 0))))
    },
    Breach(.limitsAreKept, "a 32-bit attempt for a device that wants none") {
      let watched = try watching { $0.devices[0].forcesWideAddresses = true }
      watched.pretend(.dma(.triedLow(device: 0)))
      return watched.book.violation
    },
    devices(.searchIsBounded, "a mapping that gets nowhere") { watched in
      watched.pretend(.dma(.stalled(PFNRange(PFN(1), pages: 1))))
    },
    devices(.searchIsBounded, "a mapping page by page") { watched in
      let range = PFNRange(watched.map(), pages: 1)
      watched.pretend(.dma(.mapped(range, MapRequest(1, 0), calls: 8)))
    },
    devices(.answersAreRight, "an unmapping that gathers nothing") { watched in
      let range = watched.unmap()
      watched.pretend(.dma(.cleared(range, gathered: nil, isDeferred: false)))
    },
    devices(.answersAreRight, "an unmapping that gathers another range") { watched in
      let range = watched.unmap()
      watched.pretend(.dma(.cleared(range, gathered: reach, isDeferred: false)))
    },
    devices(.answersAreRight, "an unmapping that gathers what is invalidated later") { watched in
      let range = watched.unmap()
      watched.pretend(.dma(.cleared(range, gathered: DMARange(range), isDeferred: true)))
    },
    devices(.failureAfterFlushIsJustified, "a map that fails, and there is room") { watched in
      watched.pretend(.dma(.requested(MapRequest(1, 0))))
      watched.pretend(.dma(.mapFailed(MapRequest(1, 0))))
    },
    devices(.walksAgreeWithTheModel, "a mapping of which nothing was written") { watched in
      let range = PFNRange(PFN(5), pages: 1)
      watched.pretend(.dma(.mapping(range, to: buffer, .readWrite)))
      watched.pretend(.dma(.mapped(range, MapRequest(1, 0))))
    },
    Breach(.walksAgreeWithTheModel, "a mapping that the hypervisor never looked at") {
      let watched = try watching { $0.shadow = 8 }
      let iommu = watched.example.domain.iommu!
      let range = PFNRange(PFN(5), pages: 1)
      watched.pretend(.dma(.mapping(range, to: buffer, .readWrite)))
      _ = iommu.table.map(DMAAddress(5 << 12), to: buffer, .small, .readWrite, on: CPU(0))
      watched.pretend(.dma(.mapped(range, MapRequest(1, 0))))
      return watched.book.violation
    },
    Breach(.failureAfterFlushIsJustified, "a map that fails, and the hypervisor has resources") {
      let watched = try watching { $0.shadow = 2 }
      watched.map()
      watched.pretend(.dma(.requested(MapRequest(1, 0))))
      watched.pretend(.dma(.shadowIsFull(PFNRange(PFN(5), pages: 1))))
      watched.pretend(.dma(.mapFailed(MapRequest(1, 0))))
      return watched.book.violation
    },
    devices(.walksAgreeWithTheModel, "a cleared page that is still there") { watched in
      let pfn = watched.map()
      watched.pretend(.dma(.clearing(PFNRange(pfn, pages: 1))))
      watched.pretend(.dma(.cleared(PFNRange(pfn, pages: 1))))
    },
    Breach(.walksAgreeWithTheModel, "an invalidated page that is still in a write buffer") {
      let watched = try watching { $0.table.buffersStores = true }
      let pfn = watched.map()
      watched.pretend(.dma(.forgotten(PFNRange(pfn, pages: 1))))
      return watched.book.violation
    },
    Breach(.walksAgreeWithTheModel, "at rest, a page that nobody mapped") {
      let watched = try watching()
      watched.map()
      watched.pretend(.dma(.forgotten(PFNRange(PFN(0x7F), pages: 1))))
      return watched.violationAtRest
    },
  ]

  private static let tablesInUse: [Breach] = [
    devices(.tablesAreAccounted, "a table above 4 GiB") { watched in
      watched.link(PhysicalAddress(1 << 32), reach)
    },
    devices(.tablesAreAccounted, "a table that is given out twice") { watched in
      watched.pretend(.dma(.table(.made(PhysicalAddress(1024)))))
      watched.pretend(.dma(.table(.made(PhysicalAddress(1024)))))
    },
    devices(.tablesAreWellFormed, "a table at no multiple of 1 KiB") { watched in
      watched.link(PhysicalAddress(64), reach)
    },
    devices(.tablesAreWellFormed, "an entry that leads to no table") { watched in
      watched.pretend(.dma(.table(.linked(PhysicalAddress(1024), reach: reach))))
    },
    devices(.tablesAreWellFormed, "two entries that lead to one table") { watched in
      watched.link(PhysicalAddress(1024), reach)
      let next = DMARange(DMAAddress(1 << 20), bytes: 1 << 20)
      watched.pretend(.dma(.table(.linked(PhysicalAddress(1024), reach: next))))
    },
    devices(.tablesAreWellFormed, "a table that takes another one's place") { watched in
      watched.link(PhysicalAddress(1024), reach)
      watched.link(PhysicalAddress(2048), reach)
    },
    stores("an entry without a type", TableStore(1 << 12, isFirstLevel: false, at: 0)),
    stores("an entry without S and nG", TableStore(2, isFirstLevel: false, at: 0)),
    stores("15 of 16 alike", TableStore(0b11 << 10 | 1, isFirstLevel: false, at: 0, count: 15)),
    stores(
      "16 alike in 2 groups", TableStore(0b11 << 10 | 1, isFirstLevel: false, at: 8, count: 16)),
    stores("a page taken out of 16 alike", TableStore(0, replacing: 1, isFirstLevel: false, at: 3)),
    devices(.tablesOutliveWalks, "a table that is released while it is linked") { watched in
      watched.link(PhysicalAddress(1024), reach)
      watched.pretend(.dma(.table(.released(PhysicalAddress(1024)))))
    },
    devices(.tablesOutliveWalks, "a table whose flush began too early") { watched in
      watched.link(PhysicalAddress(1024), reach)
      watched.pretend(.dma(.table(.flushBegan(reach))))
      watched.pretend(.dma(.table(.unlinked(PhysicalAddress(1024), reach: reach))))
      watched.pretend(.dma(.table(.flushEnded(reach))))
      watched.pretend(.dma(.table(.released(PhysicalAddress(1024)))))
    },
    Breach(.tablesAreAccounted, "a table that outlives its domain") {
      let watched = try watching()
      var remains = watched.example.teardown()
      remains.tables = 1
      watched.book.judgeRemains(remains)
      return watched.book.violation
    },
    Breach(.memoryIsAccounted, "chunks that a table each keeps from being reused") {
      let watched = try watching { $0.table.strategy = .fragments }
      let tables = watched.example.domain.iommu!.table
      for number in 0..<33 as Range<UInt64> {
        let (address, bytes) = (DMAAddress(1 << 20), PhysicalAddress(0x8000_0000))
        _ = tables.map(
          number == 0 ? DMAAddress(0) : address, to: bytes, .small, .readWrite, on: CPU(0))
        var gather = UnmapGather()
        if number > 0, number < 32 {
          _ = tables.unmap(address, .section, into: &gather, on: CPU(0))
        }
      }
      watched.book.judgeSums()
      return watched.book.violation
    },
    Breach(.atomicContextNeverSleeps, "a pool that grows while it must not sleep") {
      let watched = try WatchedDomain(faults: FaultSet([.p03]), dma: devices)
      watched.map()
      return watched.violationAtRest
    },
  ]
}

extension WatchedDomain {
  /// Maps one page, at the highest address that the device reaches.
  @discardableResult
  fileprivate func map(permitting protection: Protection = .readWrite) -> PFN {
    example.domain.map(
      1, to: PhysicalAddress(0x8000_0000), protection, device: 0, on: CPU(0))!
  }

  /// Maps one page and clears its entry; nobody is told of the end.
  fileprivate func unmap() -> PFNRange {
    let range = PFNRange(map(), pages: 1)
    pretend(.dma(.clearing(range)))
    var gather = UnmapGather()
    _ = example.domain.iommu!.table.unmap(DMARange(range).lo, .small, into: &gather, on: CPU(0))
    return range
  }

  /// Makes a table, and has an entry lead to it.
  fileprivate func link(_ table: PhysicalAddress, _ reach: DMARange) {
    pretend(.dma(.table(.made(table))))
    pretend(.dma(.table(.linked(table, reach: reach))))
  }

  fileprivate func changeMask(to highest: UInt64, _ kind: DMAMask = .streaming) {
    pretend(.dma(.settingMask(PFN(highest), device: 0, kind)))
    pretend(.dma(.maskSet(device: 0, kind)))
  }
}
