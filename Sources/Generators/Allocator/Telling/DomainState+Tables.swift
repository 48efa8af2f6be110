import IOVA

/// What is printed of page tables, and of what hardware remembers of them.
extension DomainState {
  static func translations(_ iommu: IOMMU) -> [Part] {
    let snapshot = iommu.tableSnapshot()
    let stored = MappingList(snapshot, \.entries)
    let seen = MappingList(snapshot, \.walkerEntries)
    let unlinked = snapshot.tables.count { !stored.linked.contains($0.address) }
    let waiting = iommu.waitingTables
    let others = [
      waiting > 0 ? "\(waiting) waiting for an invalidation" : nil,
      unlinked > 0 ? "\(unlinked) linked nowhere" : nil,
    ].compactMap(\.self)
    return [
      Part(name: "page table", lines: stored.lines),
      Part(
        name: "walker sees",
        lines: seen.lines == stored.lines ? [] : seen.lines.isEmpty ? ["nothing"] : seen.lines,
        absence: "the same"),
      Part(name: "other tables", lines: others.isEmpty ? [] : [others.joined(separator: ", ")]),
      Part(name: iommu.isShadowed ? "shadow" : "iotlb", lines: remembered(iommu)),
    ]
  }

  /// The pages that hardware or a hypervisor remembers, and the walks to tables that are not there
  /// any more.
  private static func remembered(_ iommu: IOMMU) -> [String] {
    let mebibytes = (0..<UInt64(iommu.table.configuration.firstLevelSlots)).map {
      PFNRange(PFN($0 * BlockSize.section.pages), pages: BlockSize.section.pages)
    }
    let pages = rememberedPages(iommu, upTo: mebibytes[mebibytes.count - 1].hi)
    let known = Set(pages)
    let walks = mebibytes.filter { mebibyte in
      // A translation is told of before a walk, and hardware can't know all pages of a MiB.
      let page = (mebibyte.lo.raw...mebibyte.hi.raw).first { !known.contains(PFN($0)) }
      guard let page else { return false }
      return iommu.remnant(in: DMARange(PFNRange(PFN(page), pages: 1))) != nil
    }
    return filled(runs(of: pages).map(\.description)) + walks.map { "stale walk \($0)" }
  }

  private static func rememberedPages(_ iommu: IOMMU, upTo end: PFN) -> [PFN] {
    var pages: [PFN] = []
    var next = PFN(0)
    while next <= end,
      case .translation(let page) = iommu.remnant(in: DMARange(PFNRange(next, through: end)))
    {
      pages.append(page)
      next = PFN(page.raw + 1)
    }
    return pages
  }

  /// Pages in order as ranges.
  private static func runs(of pages: [PFN]) -> [PFNRange] {
    pages.reduce(into: []) { runs, page in
      if let last = runs.last, last.hi.raw + 1 == page.raw {
        runs[runs.count - 1].hi = page
      } else {
        runs.append(PFNRange(page, through: page))
      }
    }
  }
}
