import IOVA

/// The laws of C and D.
extension LawBook {
  func cached(_ pfn: PFN, _ sizeClass: Int, _ cpu: CPU) {
    let before = ledger.entry(pfn.raw)
    _ = ledger.exchange(
      pfn.raw, .init(.parked, sizeClass: UInt64(sizeClass), pages: before.pages))
    meters[cpu].held -= 1
    meters[cpu].parked += 1
    if isSequential { naive.mark(pfn, .parked) }
    if meters[cpu].clearing == pfn.raw { judgeStrict(pfn, cpu) }
    if ledger.isOverflowed { return }
    if before.place != .held {
      broken(.everyRangeHasOnePlace, "\(pfn) was put into a magazine, and is \(before.place)")
    } else if before.pages != 1 << UInt64(sizeClass) {
      broken(
        .cachedRangesAreInTheTree,
        "\(pfn) is cached in class \(sizeClass), its range has \(before.pages) pages")
    }
  }

  func taken(_ pfn: PFN, _ sizeClass: Int, _ cpu: CPU) {
    reached(.cacheHit, cpu)
    let before = ledger.entry(pfn.raw)
    _ = ledger.exchange(pfn.raw, .init(.held, pages: before.pages))
    meters[cpu].held += 1
    meters[cpu].parked -= 1
    if ledger.isOverflowed { return }
    if before.place != .parked || before.sizeClass != UInt64(sizeClass) {
      broken(.everyRangeHasOnePlace, "\(pfn) came out of a magazine, and is \(before.place)")
    }
  }

  func missed(_ sizeClass: Int, _ limit: UInt64, _ lowest: PFN?, _ cpu: CPU) {
    guard let lowest else { return }
    if lowest.raw <= limit {
      broken(
        .missMeansNothingFitted,
        "\(lowest) lies in the loaded magazine of \(cpu), class \(sizeClass), "
          + "and is at most \(PFN(limit))"
      )
    }
    reached(.cacheMissedByLimit, cpu)
  }

  func trimmed(_ sizeClass: Int, _ released: Bool, _ domain: IOVADomain, _ cpu: CPU) {
    guard released else { return }
    reached(.workerTrimmed, cpu)
    let length = domain.depotShape(sizeClass).length
    // Nobody may be plugging CPUs while this is judged: the worker read the number a moment ago.
    if isSequential, length < domain.machine.onlineCount {
      broken(
        .trimmingIsAlive,
        "the worker trimmed the depot of class \(sizeClass) to \(length) magazines with "
          + "\(domain.machine.onlineCount) CPUs online")
    }
  }

  func releasingCache(_ lock: LockID, _ domain: IOVADomain, _ cpu: CPU) {
    guard isDue(cpu) else { return }
    let owner = CPU(Int(lock.cpu))
    let shape = domain.cacheShape(owner, Int(lock.sizeClass))
    judge(.magazinesAreBounded, MagazineLaws.bounded(shape, owner, Int(lock.sizeClass)))
  }

  func releasingDepot(_ lock: LockID, _ domain: IOVADomain, _ cpu: CPU) {
    guard isDue(cpu) else { return }
    let shape = domain.depotShape(Int(lock.sizeClass))
    if shape.length < 0 || (shape.length == 0) != shape.isEmpty {
      broken(
        .magazinesAreBounded,
        "the depot of class \(lock.sizeClass) says \(shape.length) magazines, its list is "
          + (shape.isEmpty ? "empty" : "not empty"))
    }
    if let most = facts.depotBound, shape.length > most {
      broken(
        .magazinesAreBounded,
        "the depot of class \(lock.sizeClass) holds \(shape.length) of \(most)")
    }
  }
}
