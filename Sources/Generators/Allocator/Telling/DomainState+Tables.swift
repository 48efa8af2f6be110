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
    let mebibytes = UInt64(iommu.table.configuration.firstLevelSlots)
    let pagesOfMebibyte = BlockSize.section.pages
    let end = PFN(mebibytes * pagesOfMebibyte - 1)
    var pages: Set<PFN> = []
    var runs: [PFNRange] = []
    var next = PFN(0)
    while next <= end,
      case .translation(let page) = iommu.remnant(in: DMARange(PFNRange(next, through: end)))
    {
      pages.insert(page)
      if let last = runs.last, last.hi.raw + 1 == page.raw {
        runs[runs.count - 1].hi = page
      } else {
        runs.append(PFNRange(page, through: page))
      }
      next = PFN(page.raw + 1)
    }
    // Of a MiB that has a walk, some page is not remembered.
    let walks = (0..<mebibytes).map { PFNRange(PFN($0 * pagesOfMebibyte), pages: pagesOfMebibyte) }
      .filter { mebibyte in
        let free = (mebibyte.lo.raw...mebibyte.hi.raw).first { !pages.contains(PFN($0)) }
        guard let page = free.map({ PFN($0) }) else { return false }
        return iommu.remnant(in: DMARange(PFNRange(page, through: page))) != nil
      }
    return filled(runs.map(\.description)) + walks.map { "stale walk \($0)" }
  }
}

/// A page table, as CPUs or as the walker see it: its tables, and which pages lead where.
struct MappingList {
  /// Pages that follow each other and lead to memory that does so as well.
  private struct Run {
    var pages: PFNRange
    let output: PhysicalAddress
    let protection: Protection
    let size: BlockSize

    func isContinued(by other: Run) -> Bool {
      pages.hi.raw + 1 == other.pages.lo.raw && size == other.size
        && protection == other.protection
        && output + (pages.pages << BlockSize.small.shift) == other.output
    }
  }

  private enum Row {
    case run(Run)
    case table(PFNRange, String)
  }

  /// Tables of the second level that the first one points to.
  private(set) var linked: Set<PhysicalAddress> = []
  private var rows: [Row] = []
  private let quirks: TableQuirks

  /// - Parameter view: whose.
  init(
    _ snapshot: PageTableSnapshot, _ view: KeyPath<PageTableSnapshot.Image, [UInt32]>
  ) {
    quirks = snapshot.quirks
    let tables = Dictionary(
      snapshot.tables.map { ($0.address, $0[keyPath: view]) },
      uniquingKeysWith: { first, _ in first })
    for (index, raw) in snapshot.root[keyPath: view].enumerated() {
      let entry = Descriptor(raw: raw)
      let pages = BlockSize.section.pages
      let mebibyte = PFNRange(PFN(UInt64(index) * pages), pages: pages)
      switch entry.kind(at: .first) {
      case .invalid: continue
      case .block(let size): add(entry, size, mebibyte)
      case .table:
        let address = entry.table(quirks)
        linked.insert(address)
        add(tables[address], mebibyte)
      }
    }
  }

  private mutating func add(_ words: [UInt32]?, _ mebibyte: PFNRange) {
    guard let words else {
      rows.append(.table(mebibyte, "a table that is gone"))
      return
    }
    let used = words.count { $0 != 0 }
    rows.append(.table(mebibyte, "table, \(used) of \(words.count) words"))
    for (index, raw) in words.enumerated() {
      let entry = Descriptor(raw: raw)
      guard case .block(let size) = entry.kind(at: .second) else { continue }
      add(entry, size, PFNRange(PFN(mebibyte.lo.raw + UInt64(index)), pages: 1))
    }
  }

  private mutating func add(_ entry: Descriptor, _ size: BlockSize, _ pages: PFNRange) {
    let offset = pages.lo.raw << BlockSize.small.shift & (size.bytes - 1)
    let run = Run(
      pages: pages, output: entry.output(size, quirks) + offset,
      protection: entry.protection(size, quirks), size: size)
    if case .run(var last) = rows.last, last.isContinued(by: run) {
      last.pages.hi = pages.hi
      rows[rows.count - 1] = .run(last)
    } else {
      rows.append(.run(run))
    }
  }

  /// As they are printed.
  var lines: [String] {
    DomainState.aligned(
      rows.map { row in
        switch row {
        case .table(let pages, let text): ("\(pages)", text)
        case .run(let run):
          ("\(run.pages)", "→ \(run.output), \(run.protection), \(run.size)")
        }
      })
  }
}
