import IOVA

/// The laws of Q and of whoever defers.
extension LawBook {
  func observedOfQueue(_ event: DomainEvent, _ cpu: CPU) {
    switch event {
    case .queued(let pfn, _, let ring, let stamp): queued(pfn, ring, stamp, cpu)
    case .released(let pfn, _, let ring): released(pfn, ring, cpu)
    case .invalidationStarted:
      meters[cpu].invalidations += 1
      meters[cpu].invalidatingSince = flushes.beginInvalidation()
    case .invalidationFinished:
      flushes.endInvalidation(since: meters[cpu].invalidatingSince)
    case .flushTimerArmed: flushes.arm()
    case .flushTimerBegan: flushes.begin(asTimer: true)
    case .flushTimerEnded: judgeTimer()
    default: break
    }
  }

  // MARK: Calls

  func beganDeferral(_ pfn: PFN, _ cpu: CPU) {
    meters[cpu].clearing = pfn.raw
    meters[cpu].clearedAt = flushes.now
    flushes.begin(asTimer: false)
  }

  func endedDeferral(_ domain: IOVADomain, _ cpu: CPU) {
    meters[cpu].clearing = 0
    judgeTimer()
  }

  /// I24: whoever is the last to be done sees whether a timer was forgotten.
  private func judgeTimer() {
    guard let waiting = flushes.end() else { return }
    broken(.timersAreAlive, "\(waiting) ranges are queued, and no timer is armed")
  }

  /// I16, for a range that is freed by the call that unmapped it.
  func judgeStrict(_ pfn: PFN, _ cpu: CPU) {
    meters[cpu].clearing = 0
    meters[cpu].unmapsStrictly = true
    reached(.unmappedStrictly, cpu)
    judgeCovered(pfn, meters[cpu].clearedAt)
  }

  private func judgeCovered(_ pfn: PFN, _ clearedAt: UInt64) {
    if !flushes.isCovered(clearedAt) {
      broken(
        .nothingIsFreedEarly,
        "\(pfn) is freed, and no invalidation that began after its unmapping is over")
    }
  }

  // MARK: Under Q

  private func queued(_ pfn: PFN, _ ring: Int, _ stamp: UInt64, _ cpu: CPU) {
    reached(.rangeQueued, cpu)
    let before = ledger.entry(pfn.raw)
    _ = ledger.exchange(pfn.raw, .init(.queued, pages: before.pages))
    meters[cpu].held -= 1
    meters[cpu].queued += 1
    flushes.add(queued: 1)
    if isSequential { naive.mark(pfn, .queued) }
    if let last = flushes[ring].last, last.stamp > stamp {
      broken(
        .ringsAreWellFormed, "in ring \(ring) the stamp falls from \(last.stamp) to \(stamp)")
    }
    let clearedAt =
      meters[cpu].clearing == pfn.raw ? meters[cpu].clearedAt : flushes.now
    meters[cpu].clearing = 0
    flushes[ring].append(.init(pfn: pfn.raw, clearedAt: clearedAt, stamp: stamp))
    if !ledger.isOverflowed, before.place != .held {
      broken(.everyRangeHasOnePlace, "\(pfn) was queued, and is \(before.place)")
    }
  }

  private func released(_ pfn: PFN, _ ring: Int, _ cpu: CPU) {
    if meters[cpu].invalidations > 0, meters[cpu].clearing != 0 { reached(.ringWasFull, cpu) }
    if meters[cpu].clearing == 0 { reached(.flushTimerFreed, cpu) }
    let before = ledger.entry(pfn.raw)
    _ = ledger.exchange(pfn.raw, .init(.held, pages: before.pages))
    meters[cpu].held += 1
    meters[cpu].queued -= 1
    meters[cpu].released += 1
    flushes.add(queued: -1)
    if isSequential { naive.mark(pfn, .parked) }
    guard let first = flushes[ring].removeFirst(), first.pfn == pfn.raw else {
      broken(.ringsAreWellFormed, "\(pfn) left ring \(ring), and was not queued there first")
      return
    }
    judgeCovered(pfn, first.clearedAt)
    if !ledger.isOverflowed, before.place != .queued {
      broken(.everyRangeHasOnePlace, "\(pfn) left a ring, and is \(before.place)")
    }
  }

  func releasingRing(_ lock: LockID, _ domain: IOVADomain, _ cpu: CPU) {
    judgeOvertaken(lock, cpu)
    guard isDue(cpu) else { return }
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
        "\(epoch.finished) invalidations have finished, and \(epoch.started) have started")
    }
  }

  /// I27, of whoever holds a ring that teardown released meanwhile: nothing else is worth saying.
  private func judgeOvertaken(_ lock: LockID, _ cpu: CPU) {
    let ender = closer.load(ordering: .relaxed)
    if ender > 0, cpu.isWorker || cpu.index != ender - 1 {
      broken(
        .nothingRunsAfterTeardown,
        "\(cpu) holds \(lock), and \(CPU(ender - 1)) has begun teardown")
    }
  }

  // MARK: At rest

  /// What sums can tell of a queue between calls. O(rings)
  func judgeQueueSums(_ domain: IOVADomain) {
    let sums = domain.flushSums()
    let expected = meters.total { $0.queued }
    if sums.queued != expected {
      broken(.nothingIsLost, "\(expected) ranges were queued, \(sums.queued) are in rings")
    }
    if sums.queued > 0, !sums.isTimerArmed {
      broken(.timersAreAlive, "\(sums.queued) ranges are queued, and no timer is armed")
    }
  }
}
