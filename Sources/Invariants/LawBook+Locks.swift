import IOVA

/// The laws of locks: in which order they are taken, what is done under which, and for how long.
extension LawBook {
  /// Before a lock is taken: I27 and I28.
  @inline(__always)
  func acquiringInOrder(_ lock: LockID, _ cpu: CPU, _ meter: MeterRef) {
    let held = meter.pointee.heldLocks
    // Before it is judged, so that nothing is left to do after the call, and no state to keep for
    // it.
    meter.pointee.heldLocks = held | lock.rank.bit
    if lock.rank == .rangeTree { meter.pointee.asked = 0 }
    if held >= lock.rank.bit || cpu.takesInterrupts || closer.load(ordering: .relaxed) != 0 {
      judgeAcquisition(lock, held, cpu)
    }
  }

  @inline(never)
  private func judgeAcquisition(_ lock: LockID, _ held: UInt16, _ cpu: CPU) {
    if held >= lock.rank.bit {
      broken(
        .locksAreTakenInOrder, "\(cpu) takes \(lock) but already holds \(names(of: held))")
    }
    if cpu.takesInterrupts {
      broken(
        .locksAreTakenInOrder,
        "\(cpu) takes \(lock) with interrupts enabled: one that frees a range would spin forever")
    }
    let ender = closer.load(ordering: .relaxed)
    if ender > 0, cpu.isWorker || cpu.index != ender - 1, lock.rank != .worker {
      broken(
        .nothingRunsAfterTeardown,
        "\(cpu) takes \(lock), and \(CPU(ender - 1)) has begun teardown")
    }
  }

  /// A call begins and ends without a lock.
  @inline(__always)
  func judgeHoldsNothing(_ cpu: CPU, _ meter: MeterRef) {
    if meter.pointee.heldLocks != 0 {
      broken(
        .locksAreTakenInOrder,
        "\(cpu) holds \(names(of: meter.pointee.heldLocks)) between two calls")
    }
  }

  /// What a lock guards is touched only by its holder.
  @inline(__always)
  func judgeGuard(_ rank: LockRank, _ event: DomainEvent, _ cpu: CPU, _ meter: MeterRef) {
    if meter.pointee.heldLocks & rank.bit == 0 { untold(rank, event, cpu) }
  }

  @inline(never)
  private func untold(_ rank: LockRank, _ event: DomainEvent, _ cpu: CPU) {
    broken(.guardsAreHeld, "\(cpu) does not hold \(rank) at \(event.name)")
  }

  private func names(of held: UInt16) -> String {
    LockRank.allCases.filter { held & $0.bit != 0 }.map { "\($0)" }.joined(separator: ", ")
  }
}

extension LockRank {
  /// One bit for each rank; locks that are taken later have higher bits.
  @inline(__always)
  var bit: UInt16 { 1 &<< UInt16(rawValue) }
}

extension DomainEvent {
  /// What happened, without its details.
  var name: String {
    String(describing: self).prefix { $0 != "(" }.description
  }
}
