import IOVA

/// The laws of page tables, of what hardware remembers, and of devices, while nobody runs.
extension LawBook {
  /// What holds of page tables while nobody maps or unmaps. O(pages)
  func judgeTables(_ domain: IOVADomain) {
    guard let iommu = domain.iommu, !isBroken else { return }
    let snapshot = iommu.tableSnapshot(asWalker: false)
    for law in Invariant<PageTableSnapshot>.atRest where !isBroken {
      meters[CPU(0)].pointee.checks &+= 1
      if let violation = law.judge(snapshot) { broken(violation.law, violation.evidence) }
    }
    judgeTableSums(iommu)
    guard diligence != .atRest, !isBroken, let model = translations else { return }
    for mebibyte in model.mebibytes where !isBroken { judgeMebibyte(mebibyte, iommu, model) }
    if iommu.isShadowed {
      for mebibyte in model.mebibytes where !isBroken { judgeCopies(mebibyte, iommu) }
      judgeCopyCount(iommu, model)
    }
    judgeBehindWindow(iommu)
  }

  /// I19 of the first page behind the window, which is nobody's.
  private func judgeBehindWindow(_ iommu: IOMMU) {
    let end = PFN(UInt64(iommu.table.configuration.firstLevelSlots) * BlockSize.section.pages)
    if let found = iommu.walk(end) {
      broken(
        .walksAgreeWithTheModel,
        "page \(end) lies behind the window, and a walk leads to \(found.output)")
    }
    if let found = iommu.table.leaf(at: DMARange(PFNRange(end, pages: 1)).lo) {
      broken(
        .walksAgreeWithTheModel,
        "page \(end) lies behind the window, and iova-to-phys finds \(found.entry)")
    }
  }

  /// I19 of all pages of a MiB; the first and the last stand for all where one entry does or all
  /// are empty, and those of each 64 KiB say whether sizes and single bytes are right.
  private func judgeMebibyte(
    _ mebibyte: UInt64, _ iommu: IOMMU, _ model: TranslationModel
  ) {
    let pages = TranslationModel.pages(of: mebibyte)
    if iommu.isDecidedAtOnce(mebibyte: mebibyte), model.isOneRun(mebibyte) {
      judgeWalk(PFN(pages.lowerBound), iommu, model)
      judgeWalk(PFN(pages.upperBound - 1), iommu, model)
    } else {
      let step = Int(BlockSize.large.pages)
      for page in stride(from: pages.lowerBound, to: pages.upperBound, by: step) where !isBroken {
        judgeGroup(PFNRange(PFN(page), pages: BlockSize.large.pages), iommu, model)
      }
      for page in stride(from: pages.lowerBound, to: pages.upperBound, by: step) where !isBroken {
        judgeWalk(PFN(page), iommu, model)
        judgeWalk(PFN(page + BlockSize.large.pages - 1), iommu, model)
      }
    }
  }

  /// I19 of pages of which nothing is known and whose entries are empty holds as it is.
  private func judgeGroup(_ group: PFNRange, _ iommu: IOMMU, _ model: TranslationModel) {
    if model.isUntouched(group), iommu.isEmpty(group) { return }
    for page in group.lo.raw...group.hi.raw where !isBroken {
      judgePage(PFN(page), iommu.walk(PFN(page)), iommu, model)
    }
  }

  /// I-COUNT: what a hypervisor is said to have copied of a MiB begins where the first copy is.
  private func judgeCopies(_ mebibyte: UInt64, _ iommu: IOMMU) {
    let pages = TranslationModel.pages(of: mebibyte)
    let first = iommu.inspectShadow { firstCopy(of: pages, in: $0) } ?? nil
    let range = PFNRange(PFN(pages.lowerBound), through: PFN(pages.upperBound - 1))
    let told = iommu.remnant(in: DMARange(range))
    if told == first.map(Remnant.translation) { return }
    broken(
      .countersAreRight,
      "of MiB \(mebibyte) a hypervisor copied \(first.map { "\($0) first" } ?? "nothing"), and "
        + "says otherwise")
  }

  /// I-COUNT: a hypervisor counts the pages that it copied, and copied no more than it may.
  private func judgeCopyCount(_ iommu: IOMMU, _ model: TranslationModel) {
    let copies = iommu.inspectShadow { shadow in
      let pages = model.mebibytes.reduce(0) { sum, mebibyte in
        sum + TranslationModel.pages(of: mebibyte).count { shadow.translation(of: $0) != nil }
      }
      return (counted: shadow.count, found: pages, most: shadow.limit)
    }
    guard let copies, copies.counted != copies.found || copies.found > copies.most else { return }
    broken(
      .countersAreRight,
      "a hypervisor that may copy \(copies.most.of("page")) copied \(copies.found), and counts "
        + "\(copies.counted)")
  }

  private func firstCopy(
    of pages: Range<UInt64>, in shadow: borrowing HypervisorShadow
  ) -> PFN? {
    for page in pages where shadow.translation(of: page) != nil { return PFN(page) }
    return nil
  }

  /// The same where sums are all that is looked at, unless they are wrong.
  func judgeTablesBriefly(_ domain: IOVADomain) {
    guard let iommu = domain.iommu else { return }
    if iommu.liveTables != iommu.linkedTables + iommu.waitingTables { judgeTables(domain) }
    if !isBroken { judgeTableSums(iommu) }
  }

  /// What sums can tell of page tables. O(first-level entries)
  private func judgeTableSums(_ iommu: IOMMU) {
    let (live, linked, waiting) = (iommu.liveTables, iommu.linkedTables, iommu.waitingTables)
    if live != linked + waiting {
      broken(
        .tablesAreAccounted,
        "\(live.of("table")), and the first level points to \(linked), \(waiting) wait")
    }
    judgeTableMemory(iommu)
    let sleeps = iommu.table.tables.restingCounts.sleepsInAtomicContext
    if sleeps > 0 {
      broken(
        .atomicContextNeverSleeps, "memory for tables slept \(sleeps.of("time")) while it must not")
    }
  }

  /// No more than the tables need that there ever were at once; and as much as was taken.
  private func judgeTableMemory(_ iommu: IOMMU) {
    let tables = iommu.table.tables
    let counts = tables.restingCounts
    let (held, taken) = (counts.bytesHeld + iommu.table.rootBytes, iommu.table.bytesTaken)
    if held != taken {
      broken(.countersAreRight, "\(held) bytes are said to be held for tables, \(taken) are")
    }
    if diligence != .atRest, counts.made != tableGhost.made {
      broken(.countersAreRight, "\(counts.made) tables are counted, \(tableGhost.made) were made")
    }
    if counts.bytesHeld <= tables.strategy.mostBytes(for: counts.peakLive) { return }
    broken(
      .memoryIsAccounted,
      "there were at most \(counts.peakLive.of("table")) of 1 KiB at once, and "
        + "\(counts.bytesHeld.of("byte")) kept for them")
  }
}

extension TableMemory.Strategy {
  /// What may be kept for so many tables at once: a page each, runs of 64, or as many as can be.
  fileprivate func mostBytes(for tables: Int) -> Int {
    switch self {
    case .slab, .general, .fragments, .pages: 4096 * tables
    case .growingPool: (tables + 63) / 64 * 64 << 10
    case .pool: 4096 << 10
    }
  }
}
