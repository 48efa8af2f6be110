import IOVA

/// A walk through a table's image, bit by bit from the architecture's manual; shares nothing with
/// the code that writes the entries.
struct TableWalk {
  /// Where one page of 4 KiB leads.
  struct Page: Equatable {
    var output: UInt64
    var protection: Protection
  }

  private let quirks: TableQuirks
  private let root: [UInt32]
  private let tables: [UInt64: [UInt32]]

  /// - Parameter snapshot: its walker's view is read.
  init(_ snapshot: PageTableSnapshot) {
    quirks = snapshot.quirks
    root = snapshot.root.walkerEntries
    var tables: [UInt64: [UInt32]] = [:]
    for table in snapshot.tables { tables[table.address.raw] = table.walkerEntries }
    self.tables = tables
  }

  /// Whether the first level maps anything in a MiB, or points to a table.
  func isPresent(mebibyte: Int) -> Bool { root[mebibyte] & 0b11 != 0 }

  /// The page at an address; nil is a translation fault.
  func page(at iova: UInt64) -> Page? {
    let index = Int(iova >> 20)
    guard index < root.count else { return nil }
    let entry = root[index]
    switch entry & 0b11 {
    case 0b00: return nil
    case 0b01:
      guard let table = tables[TableWalk.tableAddress(entry, quirks)] else { return nil }
      return second(table[Int(iova >> 12) & 0xFF], iova)
    default:
      let isLarge = entry >> 18 & 1 == 1
      let mask: UInt64 = isLarge ? 0xFF_FFFF : 0xF_FFFF
      let protection = protection(
        entry, readOnly: 15, user: 11, executeNever: 4, memory: 12)
      return Page(output: output(entry, mask, iova), protection: protection)
    }
  }

  private func second(_ entry: UInt32, _ iova: UInt64) -> Page? {
    switch entry & 0b11 {
    case 0b00: nil
    case 0b01:
      Page(
        output: output(entry, 0xFFFF, iova),
        protection: protection(entry, readOnly: 9, user: 5, executeNever: 15, memory: 12))
    default:
      Page(
        output: output(entry, 0xFFF, iova),
        protection: protection(entry, readOnly: 9, user: 5, executeNever: 0, memory: 6))
    }
  }

  /// The address in a first-level entry of a table.
  static func tableAddress(_ entry: UInt32, _ quirks: TableQuirks) -> UInt64 {
    let low = UInt64(entry & ~0x3FF)
    return quirks.contains(.extendedTables) ? low + high(entry) : low
  }

  private func output(_ entry: UInt32, _ mask: UInt64, _ iova: UInt64) -> UInt64 {
    let low = UInt64(entry) & ~mask + iova & mask
    return quirks.contains(.extendedOutput) ? low + TableWalk.high(entry) : low
  }

  /// Address bits 32, 33 and 34 of the extended format.
  private static func high(_ entry: UInt32) -> UInt64 {
    var high: UInt64 = 0
    if entry >> 9 & 1 == 1 { high += 1 << 32 }
    if entry >> 4 & 1 == 1 { high += 1 << 33 }
    if entry >> 5 & 1 == 1 { high += 1 << 34 }
    return high
  }

  private func protection(
    _ entry: UInt32, readOnly: UInt32, user: UInt32, executeNever: UInt32, memory: UInt32
  ) -> Protection {
    var protection: Protection = .readWrite
    if entry >> memory & 1 == 0 {
      protection.insert(.mmio)
    } else if entry & 0b1100 == 0b1100 {
      protection.insert(.cache)
    }
    guard !quirks.contains(.noPermissions) else { return protection }
    if entry >> readOnly & 1 == 1 { protection.remove(.write) }
    if entry >> user & 1 == 0 { protection.insert(.privileged) }
    if entry >> executeNever & 1 == 1 { protection.insert(.noExecute) }
    return protection
  }
}
