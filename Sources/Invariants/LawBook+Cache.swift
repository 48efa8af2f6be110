import IOVA

/// The laws of C and D.
extension LawBook {
  @inline(never)
  func heardUnderCache(_ event: DomainEvent, _ cpu: CPU, _ meter: MeterRef) {
    judgeGuard(.cpuCache, event, cpu, meter)
    switch event {
    case .cached(let pfn, let sizeClass): cached(pfn, sizeClass, meter)
    case .taken(let pfn, let sizeClass, _): taken(pfn, sizeClass, meter)
    case .missed(let sizeClass, let limit, let lowest, let spare):
      meter.pointee.tally.misses &+= 1
      expectPassed(.cpuSampled, by: "a cache is accessed", meter)
      if let lowest {
        missed(sizeClass, limit, lowest, cpu, meter)
      } else {
        missedAll(sizeClass, spare, cpu)
      }
    default: break
    }
  }

  @inline(never)
  func heardUnderDepot(
    _ event: DomainEvent, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef
  ) {
    judgeGuard(.depot, event, cpu, meter)
    switch event {
    case .stored(let sizeClass):
      meter.pointee.reached(.depotStored)
      meter.pointee.tally.stores &+= 1
      if domain.depotShape(sizeClass).length > 1 { meter.pointee.reached(.depotHeldSeveral) }
      if isSequential { waits.stored(sizeClass, at: domain.machine.now) }
    case .fetched:
      meter.pointee.reached(.depotFetched)
      meter.pointee.tally.fetches &+= 1
    case .checked(let sizeClass, let wakes):
      expectPassed(.onlineRead, by: "a depot is checked", meter)
      if isSequential, wakes { waits.stored(sizeClass, at: domain.machine.now) }
    case .trimmed(let sizeClass, let released, let rearmed):
      expectPassed(.onlineRead, by: "a depot is trimmed", meter)
      trimmed(sizeClass, released, domain, meter)
      if isSequential { judgeWait(ofTrimming: sizeClass, rearmed, domain) }
    default: break
    }
  }

  private func cached(_ pfn: PFN, _ sizeClass: Int, _ meter: MeterRef) {
    meter.pointee.tally.inserts &+= 1
    expectPassed(.cpuSampled, by: "a range is cached", meter)
    let before = ledger.move(pfn.raw, to: .parked, sizeClass: UInt64(sizeClass))
    meter.pointee.held &-= 1
    meter.pointee.parked &+= 1
    if isSequential { naive.mark(pfn, .parked) }
    if meter.pointee.clearing == pfn.raw { judgeStrict(pfn, meter) }
    if before == PageLedger.Entry(.held, pages: 1 &<< UInt64(sizeClass)) { return }
    if ledger.isOverflowed { return }
    if before.place != .held {
      broken(.everyRangeHasOnePlace, "\(pfn) was put into a magazine, but was \(before.place)")
    } else if before.pages != 1 << UInt64(sizeClass) {
      broken(
        .cachedRangesAreInTheTree,
        "\(pfn) is cached in class \(sizeClass), but its range has \(before.pages.of("page"))")
    }
  }

  private func taken(_ pfn: PFN, _ sizeClass: Int, _ meter: MeterRef) {
    meter.pointee.reached(.cacheHit)
    meter.pointee.tally.hits &+= 1
    expectPassed(.cpuSampled, by: "a range is taken from a cache", meter)
    let before = ledger.move(pfn.raw, to: .held)
    meter.pointee.held &+= 1
    meter.pointee.parked &-= 1
    if before.place != .parked || before.sizeClass != UInt64(sizeClass), !ledger.isOverflowed {
      broken(.everyRangeHasOnePlace, "\(pfn) came out of a magazine, but was \(before.place)")
    }
  }

  private func missed(
    _ sizeClass: Int, _ limit: UInt64, _ lowest: PFN, _ cpu: CPU, _ meter: MeterRef
  ) {
    if lowest.raw <= limit {
      broken(
        .missMeansNothingFitted,
        "\(lowest) lies in the loaded magazine of \(cpu), class \(sizeClass), "
          + "and is at most \(PFN(limit))"
      )
    }
    meter.pointee.reached(.cacheMissedByLimit)
  }

  /// A miss without a look into the magazines. Other CPUs may fill the depot meanwhile.
  private func missedAll(_ sizeClass: Int, _ spare: Int, _ cpu: CPU) {
    if spare > 0 {
      broken(
        .missMeansNothingFitted,
        "\(cpu) missed in class \(sizeClass), but its other magazine holds \(spare)")
    }
    guard isSequential, let domain else { return }
    let length = domain.depotShape(sizeClass).length
    if length > 0 {
      broken(
        .missMeansNothingFitted,
        "\(cpu) missed in class \(sizeClass), but the depot holds \(length) magazines")
    }
  }

  private func trimmed(
    _ sizeClass: Int, _ released: Bool, _ domain: IOVADomain, _ meter: MeterRef
  ) {
    guard released else { return }
    meter.pointee.reached(.workerTrimmed)
    meter.pointee.tally.trims &+= 1
    let length = domain.depotShape(sizeClass).length
    // Only if no CPU can be plugged in meanwhile: the worker read the number a moment ago.
    if isSequential, length < domain.machine.onlineCount {
      broken(
        .trimmingIsAlive,
        "the worker trimmed the depot of class \(sizeClass) to \(length.of("magazine")) with "
          + "\(domain.machine.onlineCount.of("CPU")) online")
    }
  }

  @inline(never)
  func releasingCache(_ lock: LockID, _ domain: IOVADomain, _ meter: MeterRef) {
    guard isDue(meter) else { return }
    let owner = CPU(Int(lock.cpu))
    let shape = domain.cacheShape(owner, Int(lock.sizeClass))
    judge(.magazinesAreBounded, MagazineLaws.bounded(shape, owner, Int(lock.sizeClass)))
  }

  @inline(never)
  func releasingDepot(_ lock: LockID, _ domain: IOVADomain, _ meter: MeterRef) {
    guard isDue(meter) else { return }
    let shape = domain.depotShape(Int(lock.sizeClass))
    if shape.length < 0 || (shape.length == 0) != shape.isEmpty {
      broken(
        .magazinesAreBounded,
        "the depot of class \(lock.sizeClass) claims \(shape.length.of("magazine")), its list is "
          + (shape.isEmpty ? "empty" : "not empty"))
    }
    if shape.leadsAstray {
      broken(
        .magazinesAreBounded,
        "the depot of class \(lock.sizeClass) claims \(shape.length) magazines, but its list leads "
          + "to something else")
    }
    if let count = shape.partial {
      broken(
        .magazinesAreBounded,
        "a magazine left the depot of class \(lock.sizeClass) with \(count.of("entry")), not full")
    }
    if let most = facts.depotBound, shape.length > most {
      broken(
        .magazinesAreBounded,
        "the depot of class \(lock.sizeClass) holds \(shape.length) of \(most)")
    }
  }
}
