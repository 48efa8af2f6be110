import IOVA

/// Free space for one request: a failed search claims that there is none.
package struct Room {
  let pages: UInt64
  /// The lowest pfn that may be used.
  let start: UInt64
  /// Exclusive.
  let limit: UInt64
  let aligned: Bool

  package init(pages: UInt64, start: UInt64, limit: UInt64, aligned: Bool) {
    self.pages = pages
    self.start = start
    self.limit = limit
    self.aligned = aligned
  }

  /// The lowest free run that fits, given all taken ranges in order. O(n)
  package func find(among taken: some Sequence<PFNRange>) -> PFNRange? {
    var scan = RoomScan(self)
    for range in taken where scan.found == nil { scan.pass(range) }
    return scan.end()
  }
}

/// A pass over the taken ranges, the lowest first, to find room between them.
package struct RoomScan {
  private let room: Room
  private var floor: UInt64
  package private(set) var found: PFNRange?

  package init(_ room: Room) {
    self.room = room
    floor = room.start
  }

  /// Checks the gap below a range; the scan goes on above it.
  package mutating func pass(_ range: PFNRange) {
    look(below: min(range.lo.raw, room.limit))
    let (above, overflow) = range.hi.raw.addingReportingOverflow(1)
    floor = max(floor, overflow ? .max : above)
  }

  /// Checks the gap above the last range.
  package mutating func end() -> PFNRange? {
    look(below: room.limit)
    return found
  }

  private mutating func look(below ceiling: UInt64) {
    guard found == nil, room.pages >= 1, floor < ceiling else { return }
    var lo = floor
    if room.aligned {
      let bits = NaturalAlignment.lowBits(room.pages)
      let (sum, overflow) = lo.addingReportingOverflow(bits)
      if overflow { return }
      lo = sum & ~bits
    }
    let (end, overflow) = lo.addingReportingOverflow(room.pages)
    if !overflow, end <= ceiling { found = PFNRange(PFN(lo), pages: room.pages) }
  }
}
