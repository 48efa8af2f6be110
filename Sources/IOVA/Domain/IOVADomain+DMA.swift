/// What drivers and devices do with a domain that has an IOMMU (rules 78 to 88).
extension IOVADomain {
  /// The IOMMU; nil if the domain has none.
  public var iommu: IOMMU? { mapper?.iommu }

  // MARK: Mapping

  /// Maps a buffer for a device (rule 83).
  ///
  /// - Parameter output: where the buffer lies; a multiple of 4 KiB.
  /// - Parameter context: whether the caller may sleep until there is memory for tables.
  /// - Returns: the lowest page, or nil, with nothing mapped: no address up to the device's limit,
  ///   no memory for a table, no access permitted, or no resources left in the hypervisor.
  /// - Complexity: O(pages), and what `allocateFast` takes. Linux: `__iommu_dma_map`.
  public func map(
    _ pages: UInt64, to output: PhysicalAddress, _ protection: Protection, device: Int,
    _ context: MemoryContext = .atomic, on cpu: CPU
  ) -> PFN? {
    map(MapRequest(pages, device, .streaming, protection, context), to: output, cpu)
  }

  /// Maps memory that a device and its driver share for good, up to the device's coherent mask.
  ///
  /// - Parameter output: where the memory lies; a multiple of 4 KiB.
  /// - Returns: the lowest page, or nil as `map`. Linux: `dma_alloc_coherent`, `iommu_dma_alloc`.
  public func allocateCoherent(
    _ pages: UInt64, at output: PhysicalAddress, device: Int, on cpu: CPU
  ) -> PFN? {
    let mask: DMAMask = faults.contains(.d11) ? .streaming : .coherent
    return map(MapRequest(pages, device, .coherent), to: output, cpu, below: mask)
  }

  /// Unmaps and frees what `allocateCoherent` returned, as `unmap` does. Linux:
  /// `dma_free_coherent`.
  public func freeCoherent(_ pfn: PFN, _ pages: UInt64, on cpu: CPU) {
    unmap(pfn, pages, on: cpu)
  }

  /// - Parameter mask: the one that limits the address, which is the request's unless that is
  ///   mistaken.
  private func map(
    _ request: MapRequest, to output: PhysicalAddress, _ cpu: CPU, below mask: DMAMask? = nil
  ) -> PFN? {
    guard let mapper else { preconditionFailure("the domain has no IOMMU") }
    let pages = request.pages
    announce(.requested(request), cpu)
    let limit = readLimit(request.device, mask ?? request.mask, mapper, cpu)
    guard let pfn = allocateAddress(asked(pages), request.device, below: limit, mapper, cpu) else {
      announce(.mapFailed(request), cpu)
      return nil
    }
    let range = PFNRange(pfn, pages: pages)
    announce(.mapping(range, to: output, request.protection), cpu)
    let (done, calls) = write(range, output, request, mapper.iommu.table, cpu)
    if done == pages {
      mapper.iommu.barrier(on: cpu)
      if sync(range, mapper.iommu, cpu) {
        announce(.mapped(range, request, calls: calls), cpu)
        return pfn
      }
    }
    // No queue: nobody can have used the range yet, but hardware may have read the entries.
    if done > 0 { undo(PFNRange(pfn, pages: done), mapper.iommu, cpu) }
    announce(.forgotten(range), cpu)
    freeFast(pfn, asked(pages), on: cpu)
    announce(.mapFailed(request), cpu)
    return nil
  }

  /// The size to ask for: before 5.17 it is the caller who rounds up what can be cached.
  private func asked(_ pages: UInt64) -> UInt64 {
    cacheRules.roundsSizes || pages >= 32 ? pages : pages.roundedUpToPowerOfTwo
  }

  /// The highest page that a device may be given, inclusive.
  private func readLimit(_ device: Int, _ mask: DMAMask, _ mapper: DMAMapper, _ cpu: CPU) -> PFN {
    let aperture = mapper.configuration.aperture
    machine.supervisor.reach(.maskRead, on: cpu)
    if faults.contains(.d01) { return aperture }
    return min(mapper.devices[device].mask(mask), aperture)
  }

  /// Allocates an address, a 32-bit one first as long as these have not run out, or always (rule
  /// 81).
  private func allocateAddress(
    _ pages: UInt64, _ device: Int, below limit: PFN, _ mapper: DMAMapper, _ cpu: CPU
  ) -> PFN? {
    let state = mapper.devices[device]
    if limit.raw >= boundary, state.triesLow.value != 0 {
      announce(.triedLow(device: device), cpu)
      tally.lowAttempts.add(1, ordering: .relaxed)
      let low = AddressLimit(PFN(boundary - 1))
      // What is parked above says nothing about a shortage below.
      let flush = cacheRules.alwaysFlushes
      if let pfn = allocateFast(pages, below: low, flush: flush, on: cpu) { return pfn }
      if !dmaRules.alwaysTriesLow { state.triesLow.store(0) }
    }
    return allocateFast(pages, below: AddressLimit(limit), flush: true, on: cpu)
  }

  /// Writes the entries of a range; returns how many pages were mapped, and in how many calls.
  private func write(
    _ range: PFNRange, _ output: PhysicalAddress, _ request: MapRequest, _ table: PageTable,
    _ cpu: CPU
  ) -> (pages: UInt64, calls: Int) {
    let start = range.lo.raw << BlockSize.small.shift
    let bytes = range.pages << BlockSize.small.shift
    var done: UInt64 = 0
    var calls = 0
    while done < bytes {
      let (size, count) = BlockSize.blocks(start + done, output.raw + done, bytes - done)
      calls += 1
      let isIgnored = faults.contains(.d07) && !request.protection.permitsAccess
      let result =
        isIgnored
        ? MapResult(bytes: 0)
        : table.map(
          DMAAddress(start + done), to: output + done, size, count: count, request.protection,
          context: request.context, on: cpu)
      done += result.bytes
      if result.failure != nil { break }
      if result.bytes == 0 {
        // The kernel would try forever.
        announce(.stalled(range), cpu)
        break
      }
    }
    return (done >> BlockSize.small.shift, calls)
  }

  /// Has a hypervisor copy what was written; if it lacks the resources, it re-reads the whole table
  /// and drops what is unmapped and waits for an invalidation (rule 87).
  ///
  /// - Returns: false if it lacks the resources even then. Linux: `iotlb_sync_map`.
  private func sync(_ range: PFNRange, _ iommu: IOMMU, _ cpu: CPU) -> Bool {
    guard iommu.isShadowed else { return true }
    machine.supervisor.reach(.shadowRefresh, on: cpu)
    if iommu.sync(DMARange(range)) { return true }
    announce(.shadowIsFull(range), cpu)
    if faults.contains(.d04) { return false }
    machine.supervisor.reach(.shadowRefresh, on: cpu)
    return iommu.refreshEverything(on: cpu) || faults.contains(.d03)
  }

  /// Clears what was written for a mapping that failed.
  private func undo(_ range: PFNRange, _ iommu: IOMMU, _ cpu: CPU) {
    var gather = UnmapGather(.strict)
    _ = clear(range, iommu.table, &gather, cpu)
    iommu.invalidate(DMARange(range), on: cpu)
  }

  // MARK: Unmapping

  /// Unmaps a range that `map` returned, and frees it once no hardware can remember it (rule 85).
  ///
  /// - Parameter pages: as requested when it was mapped.
  /// - Parameter hole: what `unmapPart` took out of it, if anything.
  /// - Complexity: O(pages), and what `deferFree` or `freeFast` takes. Linux: `__iommu_dma_unmap`.
  public func unmap(_ pfn: PFN, _ pages: UInt64, except hole: PFNRange? = nil, on cpu: CPU) {
    guard let mapper else { preconditionFailure("the domain has no IOMMU") }
    let iommu = mapper.iommu
    let range = PFNRange(pfn, pages: pages)
    // Sampled once, and used throughout (rule 86).
    let isDeferred = flushQueue?.isOpen(on: cpu) ?? false
    var gather = UnmapGather(isDeferred ? .deferred : .strict, keepsTables: isDeferred)
    announce(.clearing(range), cpu)
    for piece in range.pieces(without: hole) { _ = clear(piece, iommu.table, &gather, cpu) }
    announce(.cleared(range, gathered: gather.range, isDeferred: isDeferred), cpu)
    machine.supervisor.reach(.translationsCleared, on: cpu)
    if isDeferred {
      if faults.contains(.q06) {
        for table in gather.tables { iommu.table.release(table, on: cpu) }
        return deferCleared(pfn, asked(pages), tables: .none, on: cpu)
      }
      return deferCleared(
        pfn, asked(pages), tables: iommu.keep(gather.tables, on: cpu), on: cpu)
    }
    if faults.contains(.q10) { return freeUnforgotten(range, iommu, cpu) }
    iommu.invalidate(DMARange(range), on: cpu)
    announce(.forgotten(range), cpu)
    freeFast(pfn, asked(pages), on: cpu)
  }

  /// Unmaps a part of a range that `map` returned, and invalidates it immediately; the addresses
  /// keep their owner. To be called at most once for a range; `unmap` has to be told of the part.
  ///
  /// - Returns: how many pages were unmapped, counted from the first. All, unless a block extends
  ///   beyond the part: then the rest of the block stays mapped or the block is left alone, as in
  ///   the release (rules 98, 99), and there may be no memory for the table of the rest.
  /// - Complexity: O(pages). Linux: `iommu_unmap`.
  public func unmapPart(_ part: PFNRange, on cpu: CPU) -> UInt64 {
    guard let mapper else { preconditionFailure("the domain has no IOMMU") }
    var gather = UnmapGather(.strict)
    announce(.clearingPart(part), cpu)
    let pages = clear(part, mapper.iommu.table, &gather, cpu)
    announce(.clearedPart(part, pages: pages, gathered: gather.range), cpu)
    machine.supervisor.reach(.translationsCleared, on: cpu)
    guard pages > 0 else { return 0 }
    let gone = PFNRange(part.lo, pages: pages)
    mapper.iommu.invalidate(DMARange(gone), on: cpu)
    announce(.forgotten(gone), cpu)
    return pages
  }

  private func freeUnforgotten(_ range: PFNRange, _ iommu: IOMMU, _ cpu: CPU) {
    iommu.barrier(on: cpu)
    announce(.forgotten(range), cpu)
    freeFast(range.lo, asked(range.pages), on: cpu)
    machine.supervisor.reach(.translationsCleared, on: cpu)
    iommu.invalidate(DMARange(range), on: cpu)
  }

  /// Clears the entries of a range; returns how many pages had been mapped.
  private func clear(
    _ range: PFNRange, _ table: PageTable, _ gather: inout UnmapGather, _ cpu: CPU
  ) -> UInt64 {
    let start = range.lo.raw << BlockSize.small.shift
    let bytes = range.pages << BlockSize.small.shift
    var done: UInt64 = 0
    while done < bytes {
      let (size, count) = BlockSize.blocks(start + done, start + done, bytes - done)
      let cleared = table.unmap(
        DMAAddress(start + done), size, count: count, into: &gather, on: cpu)
      if cleared == 0 { break }
      done += cleared
    }
    return done >> BlockSize.small.shift
  }

  func announce(_ event: DMAEvent, _ cpu: CPU) {
    if isSupervised { observe(.dma(event), cpu) }
  }
}

extension DMARange {
  /// The bytes of a range of pages of 4 KiB.
  package init(_ range: PFNRange) {
    self.init(
      DMAAddress(range.lo.raw << BlockSize.small.shift),
      bytes: range.pages << BlockSize.small.shift)
  }
}
