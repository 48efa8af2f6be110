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
  /// The bits that are 0 where it may begin.
  private let lowBits: UInt64
  private var floor: UInt64
  package private(set) var found: PFNRange?

  package init(_ room: Room) {
    self.room = room
    lowBits = room.aligned ? NaturalAlignment.lowBits(room.pages) : 0
    floor = room.start
  }

  /// Whether ranges not seen yet can change the answer.
  package var isOpen: Bool { found == nil && floor < room.limit }

  /// Checks the gap below a range; the scan goes on above it.
  @inline(__always)
  package mutating func pass(_ range: PFNRange) {
    look(below: min(range.lo.raw, room.limit))
    let above = range.hi.raw == .max ? .max : range.hi.raw &+ 1
    floor = max(floor, above)
  }

  /// Checks the gap above the last range.
  package mutating func end() -> PFNRange? {
    look(below: room.limit)
    return found
  }

  @inline(__always)
  private mutating func look(below ceiling: UInt64) {
    // Most gaps are too small wherever a run may begin.
    guard found == nil, floor < ceiling, ceiling &- floor >= room.pages, room.pages >= 1 else {
      return
    }
    let (sum, overflow) = floor.addingReportingOverflow(lowBits)
    if overflow { return }
    let lo = sum & ~lowBits
    if lo <= ceiling, ceiling &- lo >= room.pages { found = PFNRange(PFN(lo), pages: room.pages) }
  }
}
