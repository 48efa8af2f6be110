import IOVA

extension IOVADomain {
  /// A domain on virtual time, as most simulations need it; without an IOMMU unless there are
  /// devices.
  static func forClaim(
    cpus: Int = 1, _ revision: Revision, granule: Granule = .fourKiB, queue: FlushOptions? = nil,
    boundary: UInt64? = nil, devices: [DMADevice] = [], tables: TableMemory.Strategy = .slab,
    shadow: Int? = nil, supervisor: (any Supervisor)? = nil
  ) throws(OutOfMemory) -> IOVADomain {
    var configuration = DomainConfiguration()
    configuration.revision = revision
    configuration.granule = granule
    configuration.flushQueue = queue
    configuration.boundary = boundary
    if !devices.isEmpty { configuration.dma = .forClaim(devices, tables) }
    configuration.dma?.shadow = shadow
    let machine = Machine(cpus: cpus, clock: .virtual, supervisor: supervisor)
    return try IOVADomain(on: machine, configuration)
  }

  /// Allocates `count` ranges of 2^`sizeClass` pages, and then frees them on the same CPU.
  func fill(_ sizeClass: Int, _ count: Int, on cpu: CPU, below limit: AddressLimit = .limit32) {
    let pages: UInt64 = 1 << UInt64(sizeClass)
    var taken: [PFN] = []
    taken.reserveCapacity(count)
    for _ in 0..<count {
      if let pfn = allocateFast(pages, below: limit, flush: false, on: cpu) { taken.append(pfn) }
    }
    for pfn in taken { freeFast(pfn, pages, on: cpu) }
  }

  /// Ranges in both magazines of a CPU and class.
  func rangesCached(_ sizeClass: Int, on cpu: CPU) -> Int {
    let cache = cacheSnapshot(cpu, sizeClass)
    return (cache.loaded?.count ?? 0) + (cache.previous?.count ?? 0)
  }

  /// Ranges in all magazines of CPUs and depots.
  var rangesCached: Int { cacheSums().parked }

  /// Predecessor steps of the tree during `body`.
  func visits(_ body: () -> Void) -> Int {
    let before = counters.tree.nodesVisited
    body()
    return Int(counters.tree.nodesVisited - before)
  }
}

extension DMAConfiguration {
  /// The widest addresses that page tables support: four times those of 32 bits.
  fileprivate static func forClaim(
    _ devices: [DMADevice], _ tables: TableMemory.Strategy
  ) -> DMAConfiguration {
    var dma = DMAConfiguration()
    dma.table.strategy = tables
    dma.table.inputBits = 34
    dma.table.quirks = [.extendedOutput, .noPermissions]
    dma.devices = devices
    return dma
  }
}

extension DMADevice {
  /// The mask of a device that reaches more than any page table.
  static let widestMask = PFN(1 << 36 - 1)
}

extension AddressLimit {
  /// Everything that an address of 48 bits reaches, with pages of 4 KiB.
  static var limit48: AddressLimit { AddressLimit(PFN(1 << 36 - 1)) }
}

extension Revision {
  /// The same release with magazines of `capacity` entries.
  func with(magazine capacity: Int) -> Revision {
    var revision = self
    revision.cache.magazineCapacity = capacity
    return revision
  }

  /// The same release with depots bounded to `magazines`.
  func with(depot magazines: Int) -> Revision {
    var revision = self
    revision.cache.depot = .bounded(magazines)
    return revision
  }
}

/// What all simulations share.
enum Simulated {
  /// Classes of ranges that are cached: 1 to 32 pages.
  static let classes = 6
  static let pageBytes = 4096
  /// The first pfn above the 32-bit space.
  static let boundary: UInt64 = 1 << 20
}
