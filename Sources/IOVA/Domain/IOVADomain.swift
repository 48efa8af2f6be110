import Synchronization

/// The address space of one IOMMU domain: which ranges of I/O virtual addresses are taken.
///
/// Any thread may call any method at any time, naming the CPU that it runs on. If several threads
/// name the same CPU at the same time, its lock makes their calls to its caches take turns. The
/// corresponding Linux name is `iova_domain`.
public final class IOVADomain: Sendable {
  public let configuration: DomainConfiguration
  public let machine: Machine
  /// The first pfn beyond 32-bit addresses.
  package let boundary: UInt64
  let tree: Locked<RangeTree>
  let cache: RangeCache
  package let searchRules: SearchRules
  package let cacheRules: CacheRules
  let dmaRules: DMARules
  let faults: FaultSet
  let isSupervised: Bool
  private let supervisor: SupervisorLink
  let invalidator: Invalidator
  /// Nil if invalidations are never deferred.
  let flushQueue: FlushQueue?
  /// Whether there was no memory for the flush queue at first.
  let lacksQueue: Bool
  /// Nil if no device reads through the domain.
  let mapper: DMAMapper?
  let census: MagazineCensus
  let tally = Tally()
  let trimTimers: [MachineTimer]
  let hotplug = HotplugKey()
  let isTornDown = Atomic<Bool>(false)

  /// What a domain counts outside its locks.
  final class Tally: Sendable {
    let flushes = Atomic<UInt64>(0)
    let returned = Atomic<UInt64>(0)
    let trimmed = Atomic<UInt64>(0)
    let lowAttempts = Atomic<UInt64>(0)
  }

  /// Makes a domain with an empty tree and empty magazines for every possible CPU (rules 5, 48).
  ///
  /// Fails when the machine refuses the memory for a magazine, in releases that can report that.
  /// Without memory for its flush queue it invalidates immediately (rule 75).
  ///
  /// - Parameter target: what is told to invalidate and to release page-table pages, if anything;
  ///   ignored if the domain has an IOMMU.
  public init(
    on machine: Machine, _ configuration: DomainConfiguration = DomainConfiguration(),
    target: (any FlushTarget)? = nil
  ) throws(OutOfMemory) {
    precondition(configuration.start.raw >= 1, "pfn 0 means \"no result\": start is at least 1")
    let revision = configuration.effectiveRevision
    self.configuration = configuration
    self.machine = machine
    boundary = configuration.effectiveBoundary
    faults = configuration.faults
    searchRules = revision.search
    dmaRules = revision.dma
    var cacheRules = revision.cache
    if faults.contains(.r15) { cacheRules.magazineCapacity += 1 }
    self.cacheRules = cacheRules
    isSupervised = machine.supervisor.isLive
    supervisor = machine.supervisor
    census = MagazineCensus(on: machine)
    cache = try RangeCache(cacheRules, faults: faults, on: machine, census: census)
    tree = Locked(
      RangeTree(
        revision.search, start: configuration.start.raw,
        boundary: boundary, faults: configuration.faults),
      .rangeTree, on: machine)
    do throws(OutOfMemory) {
      mapper = try configuration.effectiveDMA.map { [boundary] dma throws(OutOfMemory) in
        try DMAMapper(
          dma, revision.dma, boundary: boundary, faults: configuration.faults, on: machine)
      }
    } catch {
      throw OutOfMemory(Self.undo(cache, tree, census, leaving: error.remains))
    }
    let invalidator = Invalidator(mapper?.iommu ?? target, on: machine)
    self.invalidator = invalidator
    let options = configuration.effectiveFlushQueue
    flushQueue = options.map {
      FlushQueue(
        $0, revision.flush, faults: configuration.faults, invalidator,
        isOpen: configuration.defersFromStart, on: machine)
    }
    lacksQueue = flushQueue?.lacksRings ?? false
    trimTimers = (0..<SizeClass.count).map { _ in MachineTimer() }
    machine.register(hotplug) { [unowned self] dead, cpu in self.cpuDied(dead, on: cpu) }
  }

  /// Gives back the parts of a domain that could not be completed; returns what is left.
  private static func undo(
    _ cache: RangeCache, _ tree: Locked<RangeTree>, _ census: MagazineCensus,
    leaving remains: DomainRemains
  ) -> DomainRemains {
    var remains = remains
    cache.releaseMagazines()
    cache.destroy()
    remains.magazines = census.live
    remains.rangeObjects = tree.dismantle { $0.releaseAll() }
    tree.destroy()
    return remains
  }

  deinit {
    if !isTornDown.load(ordering: .relaxed) { teardown(on: CPU(0)) }
    flushQueue?.destroy()
    cache.destroy()
    tree.destroy()
  }

  // MARK: The tree

  /// Allocates a range straight from the tree (rules 6 to 18).
  ///
  /// - Parameter aligned: whether the lowest pfn is to be a multiple of the size rounded up to a
  ///   power of two.
  /// - Returns: nil if there is no room up to `limit`, or no memory for the range.
  /// - Complexity: O(ranges) at worst. Takes T once. Linux: `alloc_iova`.
  public func allocate(
    _ pages: UInt64, below limit: AddressLimit, aligned: Bool, on cpu: CPU
  ) -> PFNRange? {
    precondition(pages >= 1, "a range has at least one page")
    guard isSupervised else { return allocateFromTree(pages, limit, aligned, cpu) }
    let call = DomainCall.allocate(pages: pages, limit: limit, aligned: aligned)
    observe(.began(call), cpu)
    let range = allocateFromTree(pages, limit, aligned, cpu)
    observe(.ended(call, range?.lo), cpu)
    return range
  }

  private func allocateFromTree(
    _ pages: UInt64, _ limit: AddressLimit, _ aligned: Bool, _ cpu: CPU
  ) -> PFNRange? {
    guard machine.grantsMemory(on: cpu) else { return nil }
    let isUnlocked = faults.contains(.unlockedAllocate)
    let (lo, oops): (UInt64?, Oops?) = tree.withLock(on: cpu, unless: isUnlocked) { tree in
      let lo = tree.allocate(pages, below: limit.exclusive, aligned: aligned)
      if isSupervised { announce(lo, pages, limit, aligned, tree.search, cpu) }
      return (lo, tree.takeOops())
    }
    if let oops { report(oops, cpu) }
    return lo.map { PFNRange(PFN($0), pages: pages) }
  }

  /// Frees the whole range that contains a pfn; a pfn in no range is ignored (rule 27).
  ///
  /// Takes T once. O(log n). Linux: `free_iova`.
  @discardableResult
  public func free(_ pfn: PFN, on cpu: CPU) -> PFNRange? {
    guard isSupervised else { return free(pfn.raw, .client, on: cpu) }
    observe(.began(.free(pfn)), cpu)
    let range = free(pfn.raw, .client, on: cpu)
    observe(.ended(.free(pfn), range?.lo), cpu)
    return range
  }

  /// The range that contains a pfn (rule 26). Takes T once. O(log n)
  public func find(_ pfn: PFN, on cpu: CPU) -> PFNRange? {
    tree.withLock(on: cpu) { tree in
      let range = tree.find(pfn.raw)
      if isSupervised { observe(.found(pfn, range), cpu) }
      return range
    }
  }

  /// Marks a range as never to be allocated; must precede the first allocation (rules 29, 30).
  ///
  /// - Returns: false if an end lies beyond the address space, or there is no memory. O(n)
  @discardableResult
  public func reserve(_ range: PFNRange, on cpu: CPU) -> Bool {
    precondition(range.lo <= range.hi, "a reservation begins at or below its end")
    let highest = configuration.highestPFN.raw
    let isGranted = machine.grantsMemory(on: cpu)
    return tree.withLock(on: cpu, unless: faults.contains(.unlockedReserve)) { tree in
      let isReserved = isGranted && tree.reserve(range.lo.raw, range.hi.raw, highest: highest)
      if isSupervised { observe(.reserved(range, isReserved), cpu) }
      return isReserved
    }
  }

  /// Reserves every range that another domain's tree holds (rule 32). Takes the other's T, then
  /// this one's. O(ranges of both)
  ///
  /// - Returns: false if a range lies beyond the address space, or there was no memory for it; the
  ///   ranges below it are reserved.
  @discardableResult
  public func copyReserved(from other: IOVADomain, on cpu: CPU) -> Bool {
    precondition(other !== self, "a domain can't copy its own reservations")
    let highest = configuration.highestPFN.raw
    return other.tree.withLock(on: cpu) { source in
      tree.withLock(on: cpu) { tree in
        tree.copyReserved(from: source, highest: highest) {
          machine.grantsMemory(on: cpu)
        } reserved: {
          if isSupervised { observe(.reserved($0, $1), cpu) }
        }
      }
    }
  }

  /// Cuts a part out of the live range that contains it; the rest stays taken (rule 33).
  ///
  /// - Returns: false, with nothing changed, if no single range contains it, or there is no memory.
  public func splitAndRemove(_ part: PFNRange, on cpu: CPU) -> Bool {
    tree.withLock(on: cpu, unless: faults.contains(.unlockedSplit)) { tree in
      guard let whole = tree.find(part.lo.raw) else { return false }
      let isSplit = tree.splitAndRemove(
        part.lo.raw, part.hi.raw, isGranted: { machine.grantsMemory(on: cpu) })
      if isSplit, isSupervised { observe(.split(whole, removing: part), cpu) }
      return isSplit
    }
  }

  // MARK: The fast path

  /// Allocates a naturally aligned range, from this CPU's cache if possible (rules 34 to 37).
  ///
  /// - Parameter pages: rounded up to a power of two below 32; before 5.17 that is up to the
  ///   caller.
  /// - Parameter flush: whether to give all caches back and retry once before failing.
  /// - Returns: the lowest pfn, or nil. A hit takes C once, and D if both magazines were empty.
  /// - Linux: `alloc_iova_fast`, which returns 0 for "none".
  public func allocateFast(
    _ pages: UInt64, below limit: AddressLimit, flush: Bool, on cpu: CPU
  ) -> PFN? {
    precondition(pages >= 1, "a range has at least one page")
    precondition(cpu.index < machine.cpuCount, "the machine has no such CPU")
    guard isSupervised else { return allocateThroughCache(pages, limit, flush, cpu) }
    let call = DomainCall.allocateFast(pages: pages, limit: limit, flush: flush)
    observe(.began(call), cpu)
    let pfn = allocateThroughCache(pages, limit, flush, cpu)
    observe(.ended(call, pfn), cpu)
    return pfn
  }

  @inline(__always)
  private func allocateThroughCache(
    _ pages: UInt64, _ limit: AddressLimit, _ flush: Bool, _ cpu: CPU
  ) -> PFN? {
    let size = cacheRules.roundsSizes && pages < 32 ? pages.roundedUpToPowerOfTwo : pages
    // A range larger than its limit fits nowhere; the subtraction below would wrap around.
    if limit.exclusive < size, !cacheRules.popLimitWraps { return nil }
    if let sizeClass = cacheRules.sizeClass(of: size),
      let pfn = cache.take(sizeClass, upTo: highestCached(size, limit), on: cpu)
    {
      return PFN(pfn)
    }
    return allocateSlowly(faults.contains(.r07) ? pages : size, limit, flush, cpu)
  }

  /// The highest `lo` of a cached range that meets a request (rule 52).
  @inline(__always)
  private func highestCached(_ size: UInt64, _ limit: AddressLimit) -> UInt64 {
    guard cacheRules.popIgnoresSize else { return limit.exclusive &- size }
    return max(limit.inclusive.raw, 1) &- 1
  }

  @inline(never)
  private func allocateSlowly(
    _ pages: UInt64, _ limit: AddressLimit, _ flush: Bool, _ cpu: CPU
  ) -> PFN? {
    if let range = allocateFromTree(pages, limit, true, cpu) { return range.lo }
    guard flush || cacheRules.alwaysFlushes || faults.contains(.r03) else { return nil }
    flushAllCaches(for: limit, on: cpu)
    return allocateFromTree(pages, limit, true, cpu)?.lo
  }

  /// Frees a range into this CPU's cache, or to the tree if it can't be cached (rule 38).
  ///
  /// - Parameter pages: as requested when the range was allocated.
  /// - Linux: `free_iova_fast`.
  public func freeFast(_ pfn: PFN, _ pages: UInt64, on cpu: CPU) {
    precondition(pages >= 1, "a range has at least one page")
    precondition(cpu.index < machine.cpuCount, "the machine has no such CPU")
    guard isSupervised else { return freeThroughCache(pfn, pages, cpu) }
    observe(.began(.freeFast(pfn, pages: pages)), cpu)
    freeThroughCache(pfn, pages, cpu)
    observe(.ended(.freeFast(pfn, pages: pages), nil), cpu)
  }

  @inline(__always)
  func freeThroughCache(_ pfn: PFN, _ pages: UInt64, _ cpu: CPU) {
    guard let sizeClass = cacheRules.sizeClass(of: pages) else {
      free(pfn.raw, .client, on: cpu)
      return
    }
    switch cache.insert(sizeClass, pfn.raw, on: cpu, trimmer: { armTrimmer($0, on: cpu) }) {
    case .accepted: break
    case .refused: free(pfn.raw, .client, on: cpu)
    case .displaced(let magazine):
      giveBack(magazine, on: cpu)
      cache.release(magazine)
    case .oops(let oops):
      report(oops, cpu)
      free(pfn.raw, .client, on: cpu)
    }
  }

  // MARK: Freeing to the tree

  @discardableResult
  private func free(_ pfn: UInt64, _ cause: RemovalCause, on cpu: CPU) -> PFNRange? {
    if faults.contains(.a13) { return freeInTwoHolds(pfn, cause, cpu) }
    let isUnlocked = faults.contains(.unlockedFree)
    let (range, oops): (PFNRange?, Oops?) = tree.withLock(on: cpu, unless: isUnlocked) { tree in
      let range = tree.free(pfn)
      if isSupervised { observe(.removed(range ?? PFNRange(PFN(pfn), pages: 0), cause), cpu) }
      return (range, tree.takeOops())
    }
    if let oops { report(oops, cpu) }
    return range
  }

  /// Looks a range up and removes it, releasing T in between: what was found may be gone by then.
  private func freeInTwoHolds(_ pfn: UInt64, _ cause: RemovalCause, _ cpu: CPU) -> PFNRange? {
    guard let found = tree.withLock(on: cpu, { $0.lookUp(pfn) }) else { return nil }
    machine.supervisor.reach(.rangeFound, on: cpu)
    let range: PFNRange? = tree.withLock(on: cpu) { tree in
      let range = tree.remove(found: found)
      if isSupervised, let range { observe(.removed(range, cause), cpu) }
      return range
    }
    if range == nil { report(.rangeWasFreed, cpu) }
    return range
  }

  // MARK: Seen from outside

  /// Changes the tree without its lock and without an event; only while nobody runs.
  package func tamper<Result>(_ body: (inout RangeTree) -> Result) -> Result {
    tree.dismantle(body)
  }

  private func announce(
    _ lo: UInt64?, _ pages: UInt64, _ limit: AddressLimit, _ aligned: Bool,
    _ search: RangeTree.Search, _ cpu: CPU
  ) {
    let request = TreeRequest(
      pages: pages, limit: limit.exclusive, aligned: aligned, visits: search.visits,
      byShortcut: search.wasShortcut, tookSecondPass: search.usedSecondPass)
    if let lo {
      observe(.allocated(PFNRange(PFN(lo), pages: pages), request), cpu)
    } else {
      observe(.allocationFailed(request), cpu)
    }
  }

  @inline(never)
  func observe(_ event: DomainEvent, _ cpu: CPU) {
    supervisor.tell { $0.observed(event, on: cpu) }
  }

  func report(_ oops: Oops, _ cpu: CPU) { supervisor.call { $0.oops(oops, on: cpu) } }
}
