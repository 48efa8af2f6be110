import IOVA

/// A part of a domain in which ranges are parked: what is printed of it, and of whoever has them.
struct ParkedPart {
  let part: DomainState.Part
  let holders: [Holder]

  private init(_ name: String, _ lines: [String], _ holders: [Holder]) {
    part = DomainState.Part(name: name, lines: lines)
    self.holders = holders
  }

  /// The magazines of a CPU and class.
  init(_ cache: CPUCacheSnapshot) {
    let name = "\(cache.cpu) class \(cache.sizeClass)"
    var lines: [String] = []
    var holders: [Holder] = []
    for (which, entries) in [("loaded", cache.loaded), ("previous", cache.previous)] {
      guard let entries else {
        lines.append("\(which) is no magazine")
        continue
      }
      if !entries.isEmpty { lines += DomainState.filled([which] + entries.map(\.description)) }
      holders += Self.holders(entries, cache.sizeClass, "\(which) of \(name)")
    }
    if cache.isSameMagazine { lines.append("loaded and previous are the same magazine") }
    self.init(name, lines, holders)
  }

  /// The depot of a class, the top magazine first.
  init(_ depot: DepotSnapshot) {
    let name = "depot class \(depot.sizeClass)"
    var lines = depot.magazines.flatMap { DomainState.filled(["magazine"] + $0.map(\.description)) }
    if depot.length != depot.magazines.count { lines.append("says \(depot.length.of("magazine"))") }
    if depot.isTrimPending { lines.append("trimming armed") }
    let entries = depot.magazines.flatMap { $0 }
    self.init(name, lines, Self.holders(entries, depot.sizeClass, name))
  }

  /// A ring. A full one into which one more range is put says that it is empty.
  init(_ ring: RingSnapshot) {
    let name = "ring \(ring.number)"
    let waiting = ring.entries.map { (PFNRange($0.pfn, pages: $0.pages), $0.stamp) }
    var lines: [String] = []
    if ring.head != ring.tail || ring.queued != ring.released {
      lines.append(
        "head \(ring.head), tail \(ring.tail), \(ring.capacity) slots, "
          + "\(ring.queued) queued, \(ring.released) released")
    }
    lines += DomainState.aligned(waiting.map { ("\($0)", "stamp \($1)") })
    self.init(name, lines, waiting.map { Holder($0.0, name) })
  }

  private static func holders(_ entries: [PFN], _ sizeClass: Int, _ name: String) -> [Holder] {
    entries.map { Holder(PFNRange($0, pages: 1 << UInt64(sizeClass)), name) }
  }
}
