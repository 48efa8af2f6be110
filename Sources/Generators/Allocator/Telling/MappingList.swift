import IOVA

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
