import IOVA

/// The laws of Q, and of deferred invalidations.
extension LawBook {
  @inline(never)
  func heardOfQueue(
    _ event: DomainEvent, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef
  ) {
    switch event {
    case .ringMade(let number):
      judgeGuard(.flushRing, event, cpu, meter)
      if number == 0 { expectPassed(.modeChange, by: "a ring is made", meter) }
      if facts.isGuests { judge(.guestsHaveOneRing, RingLaws.oneRing(number + 1)) }
    case .queued(let pfn, let pages, let ring, let stamp):
      judgeGuard(.flushRing, event, cpu, meter)
      if facts.sharesMemory { translations?.leave(PFNRange(pfn, pages: pages)) }
      queued(pfn, ring, stamp, domain, meter)
    case .released(let pfn, let pages, let ring):
      judgeGuard(.flushRing, event, cpu, meter)
      if facts.translates { translations?.forget(PFNRange(pfn, pages: pages)) }
      released(pfn, ring, domain, meter)
    case .invalidationStarted:
      meter.pointee.invalidations &+= 1
      meter.pointee.invalidatingSince = flushes.beginInvalidation()
    case .invalidationFinished:
      expectPassed(.invalidation, by: "an invalidation is over", meter)
      flushes.endInvalidation(since: meter.pointee.invalidatingSince)
    case .flushTimerArmed:
      expectPassed(.timerFlagRead, .timerFlagChange, by: "the flush timer is turned on", meter)
      if isSequential {
        armsTimer = true
        meter.pointee.windows &= ~Window.timerArmed.bit
      }
      flushes.arm()
    case .flushTimerBegan: flushes.begin(asTimer: true)
    case .flushTimerEnded: judgeTimer()
    default: break
    }
  }

  // MARK: Calls

  func beganDeferral(_ pfn: PFN, _ meter: MeterRef) {
    meter.pointee.clearing = pfn.raw
    meter.pointee.clearedAt = flushes.now
    flushes.begin(asTimer: false)
  }

  func endedDeferral(_ meter: MeterRef) {
    if facts.defers { expectPassed(.modeRead, by: "an unmapping is deferred or not", meter) }
    if isSequential, armsTimer {
      expectPassed(.timerArmed, by: "the flush timer is armed", meter)
      armsTimer = false
    }
    meter.pointee.clearing = 0
    judgeTimer()
  }

  /// I24: the last one to finish checks whether a timer was forgotten.
  private func judgeTimer() {
    guard let waiting = flushes.end() else { return }
    broken(.timersAreAlive, "\(waiting.of("range")) in rings, and no timer is armed")
  }

  /// I16, for a range that is freed by the call that unmapped it.
  @inline(never)
  func judgeStrict(_ pfn: PFN, _ meter: MeterRef) {
    meter.pointee.clearing = 0
    meter.pointee.unmapsStrictly = true
    meter.pointee.reached(.unmappedStrictly)
    judgeCovered(pfn, meter.pointee.clearedAt)
  }

  private func judgeCovered(_ pfn: PFN, _ clearedAt: UInt64) {
    if !flushes.isCovered(clearedAt) {
      broken(
        .nothingIsFreedEarly,
        "\(pfn) is freed, but no invalidation that began after its unmapping has ended")
    }
  }

  // MARK: Under Q

  private func queued(
    _ pfn: PFN, _ ring: Int, _ stamp: UInt64, _ domain: IOVADomain, _ meter: MeterRef
  ) {
    meter.pointee.reached(.rangeQueued)
    meter.pointee.tally.queued &+= 1
    expectPassed(.epochRead, .stampTaken, by: "a range is queued", meter)
    let before = ledger.entry(pfn.raw)
    _ = ledger.exchange(pfn.raw, .init(.queued, pages: before.pages))
    meter.pointee.held &-= 1
    meter.pointee.queued &+= 1
    flushes.add(queued: 1)
    if isSequential { naive.mark(pfn, .queued) }
    if let last = flushes[ring].last, last.stamp > stamp {
      broken(
        .ringsAreWellFormed, "in ring \(ring) the stamp falls from \(last.stamp) to \(stamp)")
    }
    let isCallers = meter.pointee.clearing == pfn.raw
    let clearedAt = isCallers ? meter.pointee.clearedAt : flushes.now
    meter.pointee.clearing = 0
    let now = isSequential ? domain.machine.now : 0
    flushes[ring].append(
      .init(pfn: pfn.raw, clearedAt: clearedAt, stamp: stamp, queuedAt: now))
    if !ledger.isOverflowed, before.place != .held {
      broken(.everyRangeHasOnePlace, "\(pfn) was queued, but was \(before.place)")
    }
  }

  private func released(
    _ pfn: PFN, _ ring: Int, _ domain: IOVADomain, _ meter: MeterRef
  ) {
    meter.pointee.tally.released &+= 1
    if meter.pointee.clearing == 0 {
      meter.pointee.reached(.flushTimerFreed)
    } else if meter.pointee.invalidations > 0 {
      meter.pointee.reached(.ringWasFull)
    }
    let before = ledger.entry(pfn.raw)
    _ = ledger.exchange(pfn.raw, .init(.held, pages: before.pages))
    meter.pointee.held &+= 1
    meter.pointee.queued &-= 1
    meter.pointee.released &+= 1
    flushes.add(queued: -1)
    if isSequential { naive.mark(pfn, .parked) }
    guard let first = flushes[ring].removeFirst(), first.pfn == pfn.raw else {
      broken(.ringsAreWellFormed, "\(pfn) left ring \(ring), but was not at its head")
      return
    }
    judgeCovered(pfn, first.clearedAt)
    if isSequential { judgeWait(pfn.raw, since: first.queuedAt, domain) }
    if !ledger.isOverflowed, before.place != .queued {
      broken(.everyRangeHasOnePlace, "\(pfn) left a ring, but was \(before.place)")
    }
  }

  @inline(never)
  func releasingRing(
    _ lock: LockID, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef
  ) {
    judgeOvertaken(lock, cpu)
    guard isDue(meter) else { return }
    let ring = Int(lock.cpu)
    if let shape = domain.ringShape(ring) {
      judge(
        .ringsAreWellFormed,
        RingLaws.wellFormed(shape, expecting: flushes[ring].count, ring))
    }
    let epoch = domain.epoch
    if epoch.finished > epoch.started {
      broken(
        .ringsAreWellFormed,
        "\(epoch.finished) invalidations have finished, but only \(epoch.started) have started")
    }
  }

  /// I27, for a holder of a ring that teardown released meanwhile: no other evidence matters then.
  private func judgeOvertaken(_ lock: LockID, _ cpu: CPU) {
    let ender = closer.load(ordering: .relaxed)
    if ender > 0, cpu.isWorker || cpu.index != ender - 1 {
      broken(
        .nothingRunsAfterTeardown,
        "\(cpu) holds \(lock), and \(CPU(ender - 1)) has begun teardown")
    }
  }

  // MARK: At rest

  /// What sums reveal about a queue between calls. O(rings)
  func judgeQueueSums(_ domain: IOVADomain) {
    let sums = domain.flushSums()
    let expected = meters.totals.queued
    if sums.queued != expected {
      broken(.nothingIsLost, "\(expected.of("range")) queued, \(sums.queued) in rings")
    }
    if facts.isGuests { judge(.guestsHaveOneRing, RingLaws.oneRing(domain.ringsInUse)) }
    if sums.queued > 0, !sums.isTimerArmed {
      broken(.timersAreAlive, "\(sums.queued.of("range")) in rings, and no timer is armed")
    }
  }
}
