import IOVA

/// How deferring affects hits.
extension Claim {
  static let lazyMisses = Claim(
    "C6", "deferred, a queue of fresh ranges is needed before hits",
    [(.slots, 256), (.magazine, 128), (.pairs, 10_000)]
  ) { knobs in
    let slots = knobs[.slots]
    let revision = Revision.linux5_10.with(magazine: knobs[.magazine])
    let lazy = try misses(
      knobs[.pairs], FlushOptions(.perCPU, slots: slots, timeout: 10), under: revision)
    let strict = try misses(knobs[.pairs], nil, under: revision)
    return [
      Measure(
        "allocations before the first hit, deferred",
        stated: knobs.stated(256, or: min(slots, knobs[.pairs])), counted: lazy.beforeHit),
      Measure(
        "entries of two magazines", stated: knobs.stated(256, or: 2 * knobs[.magazine]),
        counted: try roomOfTwo(knobs[.magazine], under: revision)),
      Measure(
        "misses of \(knobs[.pairs].grouped) pairs, deferred",
        stated: knobs.stated(256, or: min(slots, knobs[.pairs])), counted: lazy.misses),
      Measure("misses of the same, strict", stated: 1, counted: strict.misses),
    ]
  }

  /// One CPU unmaps what it just mapped, while no time passes.
  private static func misses(
    _ pairs: Int, _ queue: FlushOptions?, under revision: Revision
  ) throws -> (beforeHit: Int, misses: Int) {
    let domain = try IOVADomain.forClaim(revision, queue: queue)
    var beforeHit = 0
    for pair in 0..<pairs {
      if let pfn = domain.allocateFast(1, below: .limit32, flush: false, on: CPU(0)) {
        if beforeHit == pair, domain.counters.cache.hits == 0 { beforeHit += 1 }
        domain.deferFree(pfn, 1, on: CPU(0))
      }
    }
    return (beforeHit, Int(domain.counters.cache.misses))
  }

  /// Ranges that a CPU caches before it uses the depot.
  private static func roomOfTwo(_ capacity: Int, under revision: Revision) throws -> Int {
    let domain = try IOVADomain.forClaim(revision)
    domain.fill(0, 3 * capacity, on: CPU(0))
    return domain.rangesCached(0, on: CPU(0))
  }
}
