import IOVA

/// What mapping and unmapping report about their own work.
extension LawBook {
  /// I31: rule 84 uses each size once on the way up to the largest, and once down from it.
  func judgeCalls(_ calls: Int, _ range: PFNRange) {
    let most = 2 * BlockSize.allCases.count - 1
    if calls <= most { return }
    broken(
      .searchIsBounded,
      "mapping \(range) took \(calls.of("call")) to the page table; \(most) are enough")
  }

  /// I-PART: a group is split only where an end of the part cuts it, one of each level.
  func judgeSplits(_ part: PFNRange, _ around: PFNRange, _ iommu: IOMMU) {
    let cuts: UInt64 = (around.lo == part.lo ? 0 : 1) + (around.hi == part.hi ? 0 : 1)
    let splits = iommu.table.groupsSplit &- groupsSplit
    if splits <= 2 * cuts { return }
    broken(
      .partsGoAsTheReleaseDoes,
      "unmapping \(part) split \(Int(splits).of("group")); \(2 * cuts) are enough")
  }

  /// I-ANSWER: what is to be invalidated is what was cleared, or nothing if everything is deferred.
  ///
  /// A MiB unlinked with its table needs no more: walks through it were flushed.
  /// - Parameter cleared: nil if nothing was.
  func judgeGathered(
    _ cleared: PFNRange?, _ gathered: DMARange?, isDeferred: Bool, _ model: TranslationModel
  ) {
    guard let cleared, !isDeferred else {
      if let gathered {
        broken(.answersAreRight, "\(gathered) is to be invalidated, but nothing has to be now")
      }
      return
    }
    let reach = DMARange(cleared)
    if let gathered, !reach.contains(gathered) {
      broken(.answersAreRight, "\(gathered) is to be invalidated, but \(cleared) was unmapped")
    }
    guard cleared.hi.raw < TranslationModel.pages else { return }
    let step = max(1, (cleared.pages - 1) / 15)
    for page in stride(from: cleared.lo.raw, through: cleared.hi.raw, by: Int(step)) {
      judgeGathered(PFN(page), of: cleared, gathered, model)
    }
    judgeGathered(cleared.hi, of: cleared, gathered, model)
  }

  private func judgeGathered(
    _ pfn: PFN, of cleared: PFNRange, _ gathered: DMARange?, _ model: TranslationModel
  ) {
    let page = model[pfn.raw]
    let section = BlockSize.section.pages
    let first = pfn.raw & ~(section - 1)
    let isWhole = first >= cleared.lo.raw && first + section - 1 <= cleared.hi.raw
    let hadTable = isWhole && page.size.pages < section
    // Some releases report that they map what permits nothing.
    let wasMapped = page.certainty == .goes && page.translation.protection.permitsAccess
    if !wasMapped || hadTable { return }
    if gathered?.contains(DMARange(PFNRange(pfn, pages: 1))) == true { return }
    broken(
      .answersAreRight,
      "\(pfn) was unmapped, but \(gathered.map { "\($0)" } ?? "nothing") is to be invalidated")
  }
}
