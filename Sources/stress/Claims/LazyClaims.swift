import Generators
import IOVA

/// How deferring affects the caches.
extension Claim {
  static let cacheGrowth = Claim(
    "C5", "deferred, the caches grow for hours, until depots overflow",
    [(.cpus, 32), (.burst, 256), (.rounds, 300)]
  ) { knobs in
    let lazy = try growth(knobs, deferring: true)
    let strict = try growth(knobs, deferring: false)
    let unknown = Measure.Exception(
      number: nil,
      reason: "The report does not say what ran on how many CPUs; only the growth can be counted.")
    return [
      Measure(
        "ranges cached early, after 13,175 s of 83,483 s", stated: 44_001, counted: lazy.early,
        except: unknown),
      Measure(
        "ranges cached at the end", stated: 87_008, counted: lazy.late, except: unknown),
      Measure(
        "the second in hundredths of the first", .above, stated: 100,
        counted: 100 * lazy.late / max(lazy.early, 1)),
      Measure(
        "full magazines that found no place in a depot", .above, stated: 0,
        counted: lazy.overflows),
      Measure(
        "the same, if every unmap invalidates", stated: 0, counted: strict.overflows),
      Measure(
        "ranges cached at the end, if every unmap invalidates", .atMost,
        stated: 6 * knobs[.cpus], counted: strict.late),
    ]
  }

  /// Ranges cached after the same share of the rounds as of the hours in the report, and at the
  /// end.
  private static func growth(
    _ knobs: Knobs, deferring: Bool
  ) throws -> (early: Int, late: Int, overflows: Int) {
    let domain = try IOVADomain.forClaim(
      cpus: knobs[.cpus], .linux5_10, queue: deferring ? .perCPU : nil)
    var random = SplitMix64(state: 5)
    var early = 0
    for round in 0..<knobs[.rounds] {
      let sizeClass = random.next() % UInt64(Simulated.classes)
      let most = random.next() % UInt64(knobs[.burst]) + 1
      for cpu in 0..<knobs[.cpus] {
        let count = Int(random.next() % (most + 1))
        burst(count, 1 << sizeClass, of: domain, on: CPU(cpu), deferring)
      }
      domain.machine.advance(by: 10, on: CPU(round % knobs[.cpus]))
      if (round + 1) * 83_483 <= knobs[.rounds] * 13_175 { early = domain.rangesCached }
    }
    return (early, domain.rangesCached, Int(domain.counters.cache.overflows))
  }

  /// Ranges of one size: all maps and then all unmaps, or one after the other.
  private static func burst(
    _ count: Int, _ pages: UInt64, of domain: IOVADomain, on cpu: CPU, _ deferring: Bool
  ) {
    var taken: [PFN] = []
    for _ in 0..<count {
      guard let pfn = domain.allocateFast(pages, below: .limit48, flush: true, on: cpu) else {
        continue
      }
      if deferring { taken.append(pfn) } else { domain.deferFree(pfn, pages, on: cpu) }
    }
    for pfn in taken { domain.deferFree(pfn, pages, on: cpu) }
  }

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
