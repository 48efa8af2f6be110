/// Freeing what hardware may remember.
extension IOVADomain {
  /// Whether invalidations are deferred; false if every unmapping invalidates immediately.
  public var defersInvalidations: Bool { flushQueue?.isInUse ?? false }

  /// Whether invalidations can be deferred, now or later.
  package var hasFlushQueue: Bool { flushQueue != nil }

  /// Defers the invalidations of unmappings from now on, even while others unmap.
  ///
  /// - Returns: false, with nothing changed, if the domain has no flush queue, there is no memory
  ///   for one, or another CPU is doing the same. Linux: the domain type is set to `DMA-FQ`.
  /// - Complexity: O(slots of all rings) the first time. Takes each Q.
  @discardableResult
  public func startDeferring(on cpu: CPU) -> Bool { flushQueue?.open(on: cpu) ?? false }

  /// Has unmappings invalidate immediately from now on, even while others unmap; what is queued
  /// stays queued until it is covered. Linux never does this to a domain in use.
  public func stopDeferring(on cpu: CPU) { flushQueue?.close(on: cpu) }

  /// Frees a range that was just unmapped, once no hardware can remember its translations (rules
  /// 63, 70); without a flush queue it is invalidated and freed immediately.
  ///
  /// - Parameter pages: as requested when the range was allocated.
  /// - Parameter tables: page-table pages to be released when the range is freed.
  /// - Complexity: O(1) amortised. Takes Q, and under it the locks of `freeFast` for each range
  ///   that is freed. Linux: `queue_iova`.
  public func deferFree(
    _ pfn: PFN, _ pages: UInt64, tables: TablePages = .none, on cpu: CPU
  ) {
    precondition(pages >= 1, "a range has at least one page")
    precondition(cpu.index < machine.cpuCount, "the machine has no such CPU")
    guard isSupervised else { return queueOrFree(pfn, pages, tables, cpu) }
    observe(.began(.deferFree(pfn, pages: pages)), cpu)
    queueOrFree(pfn, pages, tables, cpu)
    observe(.ended(.deferFree(pfn, pages: pages), nil), cpu)
  }

  @inline(__always)
  private func queueOrFree(_ pfn: PFN, _ pages: UInt64, _ tables: TablePages, _ cpu: CPU) {
    // Sampled once: an unmapping that did not invalidate must queue, even if the mode changes
    // meanwhile.
    guard let flushQueue, flushQueue.isOpen(on: cpu) else {
      return invalidateAndFree(pfn, pages, tables, cpu)
    }
    if faults.contains(.q07), !flushQueue.isOpen(on: cpu) {
      return free(pfn, pages, tables, cpu)
    }
    queue(pfn, pages, tables, flushQueue, cpu)
  }

  /// Queues a range for which that has been decided.
  func deferCleared(_ pfn: PFN, _ pages: UInt64, tables: TablePages, on cpu: CPU) {
    guard let flushQueue else { preconditionFailure("a domain that defers has a queue") }
    if isSupervised { observe(.began(.deferFree(pfn, pages: pages)), cpu) }
    queue(pfn, pages, tables, flushQueue, cpu)
    if isSupervised { observe(.ended(.deferFree(pfn, pages: pages), nil), cpu) }
  }

  @inline(__always)
  private func queue(
    _ pfn: PFN, _ pages: UInt64, _ tables: TablePages, _ flushQueue: FlushQueue, _ cpu: CPU
  ) {
    let wantsTimer = flushQueue.store(pfn.raw, pages, tables, on: cpu) { entry in
      freeThroughCache(PFN(entry.pfn), entry.pages, cpu)
    }
    guard let wantsTimer else {
      report(.queueIsNil, cpu)
      return invalidateAndFree(pfn, pages, tables, cpu)
    }
    if wantsTimer { armFlushTimer(flushQueue, on: cpu) }
  }

  @inline(never)
  private func invalidateAndFree(
    _ pfn: PFN, _ pages: UInt64, _ tables: TablePages, _ cpu: CPU
  ) {
    let isMarkedLazy =
      faults.contains(.q02) || (faults.contains(.d10) && flushQueue?.lacksRings == true)
    if isMarkedLazy { report(.queueIsNil, cpu) }
    invalidator.invalidate(.unmapping, on: cpu)
    free(pfn, pages, tables, cpu)
  }

  @inline(__always)
  private func free(_ pfn: PFN, _ pages: UInt64, _ tables: TablePages, _ cpu: CPU) {
    invalidator.release(tables, on: cpu)
    freeThroughCache(pfn, pages, cpu)
  }

  @inline(never)
  private func armFlushTimer(_ queue: FlushQueue, on cpu: CPU) {
    let delay = queue.options.timeout * (faults.contains(.lateTimer) ? 2 : 1)
    machine.arm(queue.timer, after: delay, on: cpu) { [unowned self] cpu in
      self.flushQueue?.flush(on: cpu) { entry in
        self.freeThroughCache(PFN(entry.pfn), entry.pages, cpu)
      }
    }
  }
}
