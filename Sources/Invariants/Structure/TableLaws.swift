import IOVA

/// A page table, and what it should map.
package struct TranslationView: Sendable {
  package var table: PageTableSnapshot
  package var expected: NaiveTranslation

  package init(table: PageTableSnapshot, expected: NaiveTranslation) {
    self.table = table
    self.expected = expected
  }
}

extension Invariant where Subject == TranslationView {
  package static var walksAgreeWithTheModel: Self {
    Self(.walksAgreeWithTheModel) { view in
      let walk = TableWalk(view.table)
      // Every MiB where either side has something.
      var touched = Set(view.table.root.entries.indices.filter { walk.isPresent(mebibyte: $0) })
      for (start, block) in view.expected.blocks {
        let first = Int(start >> 20)
        touched.formUnion(first...first + Int((block.size.bytes - 1) >> 20))
      }
      for mebibyte in touched.sorted() {
        for index in 0..<256 {
          let iova = UInt64(mebibyte) << 20 + UInt64(index) * 4096
          let found = walk.page(at: iova)
          let expected = view.expected.translate(iova).map {
            TableWalk.Page(output: $0.output, protection: $0.protection)
          }
          if found != expected {
            return "\(DMAAddress(iova)) should lead to \(text(expected)), a walk finds "
              + text(found)
          }
        }
      }
      return nil
    }
  }

  private static func text(_ page: TableWalk.Page?) -> String {
    page.map { "\(PhysicalAddress($0.output)) (\($0.protection))" } ?? "nothing"
  }
}

extension Invariant where Subject == PageTableSnapshot {
  package static var tablesAreWellFormed: Self {
    Self(.tablesAreWellFormed) { snapshot in
      var owners: [UInt64: Int] = [:]
      let images = Dictionary(
        uniqueKeysWithValues: snapshot.tables.map { ($0.address.raw, $0.entries) })
      if let evidence = misshapen(snapshot.root.entries, "the first level", isFirst: true) {
        return evidence
      }
      for (index, entry) in snapshot.root.entries.enumerated() where entry & 0b11 == 0b01 {
        let address = TableWalk.tableAddress(entry, snapshot.quirks)
        guard let entries = images[address] else {
          return "entry \(index) points to a table at \(hexadecimal(address)), where none lives"
        }
        if let other = owners.updateValue(index, forKey: address) {
          return "entries \(other) and \(index) point to one table at \(hexadecimal(address))"
        }
        let place = "the table at \(hexadecimal(address))"
        if let evidence = misshapen(entries, place, isFirst: false) { return evidence }
      }
      for table in snapshot.tables {
        if table.address.raw % 1024 != 0 {
          return "the table at \(table.address) does not begin at a multiple of 1 KiB"
        }
        if owners[table.address.raw] == nil, !snapshot.isTornDown {
          return "nothing points to the table at \(table.address)"
        }
      }
      return nil
    }
  }

  /// What is wrong with the entries of one table.
  private static func misshapen(_ entries: [UInt32], _ place: String, isFirst: Bool) -> String? {
    for (index, entry) in entries.enumerated() where entry != 0 {
      if let evidence = EntryLaws.misshapen(entry, isFirst: isFirst) {
        let what = entry & 0b11 == 0 ? "" : ", \(Descriptor(raw: entry)),"
        return "entry \(index) of \(place)\(what) \(evidence)"
      }
      guard EntryLaws.isOfGroup(entry, isFirst: isFirst) else { continue }
      // The first of 16 is compared with all others, and those with the first.
      let start = index & ~15
      for other in start..<(index == start ? start + 16 : start + 1) where entries[other] != entry {
        return "entry \(index) of \(place) is one of 16 alike, but entry \(other) differs"
      }
    }
    return nil
  }

  package static var tablesAreAccounted: Self {
    Self(.tablesAreAccounted) { snapshot in
      let bits: UInt64 = snapshot.quirks.contains(.extendedTables) ? 35 : 32
      for address in [snapshot.root.address] + snapshot.tables.map(\.address)
      where address.raw >> bits != 0 {
        return "a table lies at \(address), but table addresses have \(bits) bits"
      }
      if snapshot.isTornDown, snapshot.tablesLive != 0 {
        return "\(snapshot.tablesLive.of("table")) left behind by a page table"
      }
      let linked = Set(
        snapshot.root.entries.filter { $0 & 0b11 == 0b01 }
          .map { TableWalk.tableAddress($0, snapshot.quirks) })
      if snapshot.tablesLive != linked.count {
        return "\(snapshot.tablesLive.of("table")), but the first level points to \(linked.count)"
      }
      return nil
    }
  }

  /// The laws that hold whenever nobody maps or unmaps.
  package static var atRest: [Self] { [tablesAreWellFormed, tablesAreAccounted] }

  private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

/// The events of the second-level tables of one page table, in order.
package struct TableHistory: Sendable {
  package var events: [TableEvent]

  package init(events: [TableEvent] = []) { self.events = events }
}

extension Invariant where Subject == TableHistory {
  package static var tablesOutliveWalks: Self {
    Self(.tablesOutliveWalks) { history in
      var reaches: [PhysicalAddress: (reach: DMARange, since: Int)] = [:]
      var linked: Set<PhysicalAddress> = []
      var begun: [(range: DMARange, at: Int)] = []
      var done: [(range: DMARange, begun: Int)] = []
      for (index, event) in history.events.enumerated() {
        switch event {
        case .stored, .made, .lost: break
        case .tornDown: return nil
        case .linked(let table, _): linked.insert(table)
        case .unlinked(let table, let reach):
          linked.remove(table)
          reaches[table] = (reach, index)
        case .flushBegan(let range): begun.append((range, index))
        case .flushEnded(let range):
          // Of two equal ones, the one that began first, which proves less.
          guard let which = begun.firstIndex(where: { $0.range == range }) else {
            return "a flush of \(range) ended that never began"
          }
          done.append((range, begun.remove(at: which).at))
        case .released(let table):
          if linked.contains(table) { return "the table at \(table) is released while linked" }
          guard let (reach, since) = reaches.removeValue(forKey: table) else { continue }
          if !done.contains(where: { $0.begun > since && $0.range.contains(reach) }) {
            return "the table at \(table) is released, but no flush of \(reach) that began after "
              + "it was unlinked has ended"
          }
        }
      }
      return nil
    }
  }
}
