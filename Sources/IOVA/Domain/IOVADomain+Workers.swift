/// The workers of a domain, and its end.
extension IOVADomain {
  // MARK: Workers

  @inline(never)
  func armTrimmer(_ sizeClass: Int, on cpu: CPU) {
    machine.arm(trimTimers[sizeClass], after: cacheRules.trimDelay, on: cpu) { [unowned self] cpu in
      self.trim(sizeClass, on: cpu)
    }
  }

  /// The work of the trim worker of a class (rule 59).
  private func trim(_ sizeClass: Int, on cpu: CPU) {
    // The kernel's worker masks interrupts while it holds D.
    let masked = faults.contains(.r02) ? cpu.withInterrupts : cpu
    let (surplus, rearms) = cache.trim(sizeClass, on: masked)
    if let surplus {
      machine.supervisor.reach(.magazineFetched, on: cpu)
      giveBack(surplus, on: cpu)
      cache.release(surplus)
      tally.trimmed.add(1, ordering: .relaxed)
    }
    if rearms { armTrimmer(sizeClass, on: cpu) }
  }

  /// Returns to the tree what an unplugged CPU had cached (rule 57).
  func cpuDied(_ dead: CPU, on cpu: CPU) {
    flushCaches(of: dead, on: cpu)
    guard cacheRules.unpluggingWakesTrimmers else { return }
    cache.wakeTrimmers(on: cpu) { armTrimmer($0, on: cpu) }
  }

  // MARK: Teardown

  /// Ends the domain: from then on only `counters` may be read (rules 31, 60, 76).
  @discardableResult
  public func teardown(on cpu: CPU) -> DomainRemains {
    precondition(
      !isTornDown.exchange(true, ordering: .acquiringAndReleasing),
      "a domain is torn down once")
    machine.unregister(hotplug)
    if faults.contains(.d08), mapper?.initialised.value == 0 { report(.domainIsUninitialised, cpu) }
    let cancelsLate = faults.contains(.r16)
    flushQueue?.stop(on: cpu)
    // Waiting for the trim workers includes waiting for the flush timer's work.
    let isHasty = faults.contains(.q01) && flushQueue != nil
    if isHasty { close(on: cpu) }
    if !cancelsLate { cancelTimers(on: cpu) }
    if !isHasty { close(on: cpu) }
    cache.releaseMagazines()
    if let oops = cache.flushDepots(on: cpu, { $0.removeAll() }) { report(oops, cpu) }
    let (left, oops) = tree.dismantle { ($0.releaseAll(), $0.takeOops()) }
    if let oops { report(oops, cpu) }
    if cancelsLate { cancelTimers(on: cpu) }
    var remains = DomainRemains(rangeObjects: left, magazines: census.live)
    remains.ringBytes = flushQueue?.bytes ?? 0
    remains.tables = mapper?.iommu.teardown(on: cpu) ?? 0
    remains.tablePages = mapper?.iommu.table.pagesKept ?? 0
    return remains
  }

  /// Ends a domain in which a law is broken: follows no link that may lead astray, and announces
  /// nothing. Only on a supervised machine, while nobody runs.
  package func abandon() {
    precondition(isSupervised, "only a supervised domain is known to have broken a law")
    precondition(
      !isTornDown.exchange(true, ordering: .acquiringAndReleasing),
      "a domain is torn down once")
    machine.unregister(hotplug)
    for timer in trimTimers { machine.cancel(timer, waits: false, on: CPU(0)) }
    if let flushQueue { machine.cancel(flushQueue.timer, waits: false, on: CPU(0)) }
    census.releaseAll()
  }

  private func close(on cpu: CPU) {
    if isSupervised { observe(.closing, cpu) }
    // Its devices are gone: what waits for an invalidation need not wait any longer.
    mapper?.iommu.invalidateEverything(on: cpu)
    flushQueue?.dismantle(on: cpu)
  }

  /// From here on no worker of this domain runs.
  private func cancelTimers(on cpu: CPU) {
    for timer in trimTimers { machine.cancel(timer, on: cpu) }
  }
}
