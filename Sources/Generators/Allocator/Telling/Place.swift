import IOVA

/// Who has a range, or says so.
struct Claim: Hashable {
  let range: PFNRange
  /// As it is printed: `held by a0`.
  let owner: String

  /// The owner, and what it claims if that is not this range, or more of it.
  func text(within other: PFNRange) -> String {
    range.lo == other.lo && range.hi <= other.hi ? owner : "\(owner) (\(range))"
  }
}

/// A place of a domain where ranges are parked: a part of its state, and the owner of them.
struct Place {
  let part: DomainState.Part
  let claims: [Claim]

  private init(_ name: String, _ lines: [String], _ claims: [Claim]) {
    part = DomainState.Part(name: name, lines: lines)
    self.claims = claims
  }

  /// The magazines of a CPU and class.
  init(_ cache: CPUCacheSnapshot) {
    let name = "\(cache.cpu) class \(cache.sizeClass)"
    var lines: [String] = []
    var claims: [Claim] = []
    for (which, entries) in [("loaded", cache.loaded), ("previous", cache.previous)] {
      guard let entries else {
        lines.append("\(which) is no magazine")
        continue
      }
      if !entries.isEmpty { lines += DomainState.filled([which] + entries.map(\.description)) }
      claims += Self.claims(entries, cache.sizeClass, "\(which) of \(name)")
    }
    if cache.isSameMagazine { lines.append("loaded and previous are the same magazine") }
    self.init(name, lines, claims)
  }

  /// The depot of a class, the top magazine first.
  init(_ depot: DepotSnapshot) {
    let name = "depot class \(depot.sizeClass)"
    var lines = depot.magazines.flatMap { DomainState.filled(["full"] + $0.map(\.description)) }
    if depot.length != depot.magazines.count { lines.append("says \(depot.length.of("magazine"))") }
    if depot.isTrimPending { lines.append("trimming armed") }
    let entries = depot.magazines.flatMap { $0 }
    self.init(name, lines, Self.claims(entries, depot.sizeClass, name))
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
    self.init(name, lines, waiting.map { Claim(range: $0.0, owner: name) })
  }

  private static func claims(_ entries: [PFN], _ sizeClass: Int, _ owner: String) -> [Claim] {
    entries.map { Claim(range: PFNRange($0, pages: 1 << UInt64(sizeClass)), owner: owner) }
  }
}
