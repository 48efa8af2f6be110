import IOVA

/// What it costs to close a network interface: thousands of ranges are freed at once.
extension Claim {
  static let closedInterface = Claim(
    "C19", "closing an interface stays awful with the first patches",
    [(.cpus, 64), (.ranges, 2000), (.kept, 500)]
  ) { knobs in
    let closing = Closing(knobs)
    let maps = closing.maps
    // What was posted changed searches alone, so it is counted with the caches that it met.
    var posted = Revision.posted2017
    posted.cache = Revision.linux4_13.cache
    posted.dma = Revision.linux4_13.dma
    let old = try closing.cost(under: .linux4_13)
    let first = try closing.cost(under: posted)
    let asked = try closing.cost(under: .linux4_15)
    let today = try closing.cost(under: .linux6_12)
    return [
      Measure("holds of T, linux-4.13", stated: closing.holdsIfAllFlush, counted: old.holds),
      Measure(
        "holds of T, posted-2017-07, which saves none of them", stated: closing.holdsIfAllFlush,
        counted: first.holds),
      Measure(
        "holds of T, linux-4.15: two searches a mapping, no flush", .atMost,
        stated: 2 * maps + closing.overflows, counted: asked.holds),
      Measure(
        "holds of T, linux-6.12: one a mapping, and one more", .atMost, stated: maps + 1,
        counted: today.holds),
      Measure(
        "nodes visited, linux-4.13, which forgets its cached node",
        stated: closing.visitsWithoutCachedNode, counted: old.visits),
      Measure("nodes visited, posted-2017-07", stated: 3 * maps, counted: first.visits),
      Measure(
        "nodes visited, linux-4.15", .atMost, stated: 2 * maps, counted: asked.visits),
      Measure(
        "nodes visited, linux-6.12", .atMost, stated: maps + 3, counted: today.visits),
      Measure(
        "oopses of posted-2017-07, with ranges of others above", stated: 0, counted: first.oopses),
      Measure(
        "ranges that it frees before it oopses, with none above", stated: 1,
        counted: try closing.freedBeforeOops(under: posted)),
    ]
  }
}

/// One CPU closes an interface, freeing its ranges from the top down, while another interface,
/// whose ranges lie above, stays open.
///
/// Pages are of 64 KiB, and none below 4 GiB is free. Each time that a magazine's worth of ranges
/// was freed the next CPU maps a page for the interface that stays: below 4 GiB first.
private struct Closing {
  struct Cost {
    /// How often T was taken.
    var holds: Int
    /// Predecessor steps of searches.
    var visits: Int
    var oopses: Int
  }

  let cpus: Int
  let ranges: Int
  let kept: Int

  /// The entries of a magazine up to 5.19.
  private static let batch = 128
  private static let granule = Granule(bytes: 65_536)!
  private static let low = AddressLimit(PFN(granule.boundary - 1))
  /// Everything that an address of 48 bits reaches.
  private static let high = AddressLimit(PFN(1 << 32 - 1))

  init(_ knobs: Knobs) { (cpus, ranges, kept) = (knobs[.cpus], knobs[.ranges], knobs[.kept]) }

  /// Mappings during the close.
  var maps: Int { ranges / Self.batch }

  // MARK: By formula

  /// Each mapping searches below 4 GiB, in vain, gives back two magazines of six classes for each
  /// CPU, searches again, and then above.
  var holdsIfAllFlush: Int { maps * (2 * Simulated.classes * cpus + 3) }

  /// Magazines that find no place with the CPU that closes, nor in a depot of 32, at most.
  var overflows: Int { max(0, maps - 34) }

  /// Freeing a range above 4 GiB leaves no cached node (rule 42), so the search below visits all:
  /// what is reserved, what is live, and what is cached until the flush. The search above visits
  /// what stays open, and the pages mapped so far.
  var visitsWithoutCachedNode: Int {
    (0..<maps).reduce(0) { sum, mapped in
      let all = 2 + kept + mapped + ranges - mapped * Self.batch
      let first = mapped == 0 ? 1 : all
      return sum + first + (all - Self.batch) + kept + mapped
    }
  }

  // MARK: By simulation

  /// What closing costs.
  func cost(under revision: Revision) throws -> Cost {
    let oopses = OopsCounter()
    let isPosted = !revision.search.expectsAbsence
    let domain = try IOVADomain.forClaim(
      cpus: cpus, revision, granule: Self.granule, supervisor: isPosted ? oopses : nil)
    // A single page is left for a live 32-bit range.
    domain.reserve(PFNRange(PFN(2), through: Self.low.inclusive), on: CPU(0))
    open(1, below: Self.low, in: domain)
    open(kept, in: domain)
    let closing = open(ranges, in: domain)
    let before = domain.counters
    var triesLow = true
    for (index, pfn) in closing.enumerated() {
      domain.freeFast(pfn, 1, on: CPU(0))
      guard (index + 1) % Self.batch == 0 else { continue }
      let cpu = CPU((index + 1) / Self.batch % cpus)
      if triesLow { _ = domain.allocateFast(1, below: Self.low, flush: false, on: cpu) }
      triesLow = revision.dma.alwaysTriesLow
      _ = domain.allocateFast(1, below: Self.high, flush: true, on: cpu)
    }
    let after = domain.counters
    return Cost(
      holds: Int(after.treeLockAcquisitions - before.treeLockAcquisitions),
      visits: Int(after.tree.nodesVisited - before.tree.nodesVisited), oopses: oopses.count)
  }

  /// How many ranges go back to the tree, from the top down, until nothing is dereferenced.
  func freedBeforeOops(under revision: Revision) throws -> Int {
    let oopses = OopsCounter()
    let domain = try IOVADomain.forClaim(
      revision, granule: Self.granule, supervisor: oopses)
    var freed = 0
    for pfn in open(max(ranges, 2), in: domain) {
      domain.free(pfn, on: CPU(0))
      if oopses.count > 0 { break }
      freed += 1
    }
    return freed
  }

  /// Takes ranges of a page, the highest first.
  @discardableResult
  private func open(
    _ count: Int, below limit: AddressLimit = high, in domain: IOVADomain
  ) -> [PFN] {
    (0..<count).compactMap { _ in
      domain.allocateFast(1, below: limit, flush: false, on: CPU(0))
    }
  }
}
