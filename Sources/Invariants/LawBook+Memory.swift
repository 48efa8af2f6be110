import IOVA

/// I-ANSWER and I-COST, for requests for memory.
extension LawBook {
  /// Memory is refused to a CPU that is starved, and otherwise once in a domain, if that was
  /// agreed.
  @inline(never)
  func memoryRefused(_ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef) {
    meter.pointee.owed &-= 1
    // The worker runs on any CPU, and the highest CPUs share one flag.
    if meter.pointee.isStarved || cpu.isWorker || cpu.index >= 63 { return }
    if isRefusalDue.exchange(false, ordering: .relaxed) { return }
    broken(.answersAreRight, "memory is refused to \(cpu), although there is some")
  }

  /// Memory is refused to a CPU from now on, or granted again; in a sequential run, all its
  /// requests in between must have been refused.
  func starved(_ isStarved: Bool, _ cpu: CPU, _ meter: MeterRef) {
    if isSequential, !isStarved, meter.pointee.owed != 0 {
      broken(.answersAreRight, "memory was granted to \(cpu), although there is none")
    }
    meter.pointee.owed = 0
    meter.pointee.isStarved = isStarved
  }

  /// Cutting out of a range leaves pieces, each of which needs memory; nothing else does.
  /// Sequential runs only.
  func judgeRequests(pieces: Int, _ meter: MeterRef) {
    if meter.pointee.asked <= pieces { return }
    broken(
      .callsKeepTheirBudget,
      "a split that leaves \(pieces.of("piece")) asked for memory "
        + "\(Int(meter.pointee.asked).of("time"))")
  }

  /// Judges the making of a domain on a CPU with credit for `credit` requests for memory: exactly
  /// those beyond it are refused. Sequential runs only.
  package func judgeMaking(credit: UInt64, refused: UInt64) {
    guard isSequential, diligence != .atRest, !isBroken else { return }
    let asked = UInt64(meters[CPU(0)].pointee.asked)
    if refused == asked - min(asked, credit) { return }
    broken(
      .answersAreRight,
      "of \(Int(asked).of("request")) for memory \(refused) were refused, with credit for \(credit)"
    )
  }
}
