import IOVA

/// What a failed request costs, and what it costs the next one.
extension Claim {
  static let flushAtManyCPUs = Claim(
    "C3", "flushing caches for each failure costs many CPUs dearly",
    [(.cpus, 100), (.magazine, 128), (.ranges, 1000)]
  ) { knobs in
    let (cpus, capacity) = (knobs[.cpus], knobs[.magazine])
    var always = Revision.linux5_10.with(magazine: capacity)
    always.cache.alwaysFlushes = true
    let flush = try failedRequest(cpus, capacity, under: always)
    let asked = try failedRequest(cpus, capacity, under: .linux5_10.with(magazine: capacity))
    return [
      Measure(
        "locks C of one failed 32-bit request, up to 4.14",
        stated: knobs.stated(600, or: 6 * cpus), counted: flush.cacheLocks),
      Measure(
        "locks T of the same, besides two to search", stated: knobs.stated(1200, or: 12 * cpus),
        counted: flush.treeLocks),
      Measure(
        "ranges thrown away by the same", stated: knobs.stated(153_600, or: 12 * cpus * capacity),
        counted: flush.ranges),
      Measure(
        "all three, if the caller asks for no flush (4.15)", stated: 0,
        counted: asked.cacheLocks + asked.treeLocks + asked.ranges),
    ] + (try measuresOfNext(live: knobs[.ranges], capacity))
  }

  /// What the next 64-bit request costs.
  private static func measuresOfNext(live: Int, _ capacity: Int) throws -> [Measure] {
    var heedful = Revision.current
    heedful.cache.flushesWithinLimit = true
    let old = try nextRequest(live, capacity, under: .linux4_13)
    let flushed = try nextRequest(live, capacity, under: .current)
    let spared = try nextRequest(live, capacity, flush: false, under: .current)
    let heeded = try nextRequest(live, capacity, under: heedful)
    return [
      Measure("misses of the next 64-bit request, up to 4.14", stated: 1, counted: old.misses),
      Measure(
        "nodes it visits: all live ones above 4 GiB", stated: live,
        counted: old.visits),
      Measure("misses of it in current, after a flush", stated: 1, counted: flushed.misses),
      Measure(
        "nodes it visits, which starts at a cached node", stated: 1, counted: flushed.visits),
      Measure(
        "misses and visits of it, without a flush", stated: 0,
        counted: spared.misses + spared.visits),
      Measure(
        "misses and visits of it, if the flush heeds the limit", stated: 0,
        counted: heeded.misses + heeded.visits),
      Measure("ranges thrown away by that flush", stated: 0, counted: heeded.ranges),
    ]
  }

  /// A request for a page on a CPU whose magazines were full of ranges above 4 GiB when another one
  /// failed below; and the ranges that this one threw away.
  private static func nextRequest(
    _ live: Int, _ capacity: Int, flush: Bool = true, under revision: Revision
  ) throws -> (misses: Int, visits: Int, ranges: Int) {
    let domain = try IOVADomain.forClaim(revision.with(magazine: capacity))
    domain.reserve(PFNRange(PFN(1), through: PFN(Simulated.boundary - 1)), on: CPU(0))
    for _ in 0..<live { _ = domain.allocate(1, below: .limit48, aligned: true, on: CPU(0)) }
    domain.fill(0, 2 * capacity, on: CPU(0), below: .limit48)
    let start = domain.counters
    // Too large for a cache, as above.
    _ = domain.allocateFast(64, below: .limit32, flush: flush, on: CPU(0))
    let before = domain.counters
    _ = domain.allocateFast(1, below: .limit48, flush: flush, on: CPU(0))
    let after = domain.counters
    return (
      Int(after.cache.misses - before.cache.misses),
      Int(after.tree.nodesVisited - before.tree.nodesVisited),
      Int(before.rangesReturned - start.rangesReturned)
    )
  }

  /// The cost of a request that fails below 4 GiB, with all magazines full of ranges above.
  private static func failedRequest(
    _ cpus: Int, _ capacity: Int, under revision: Revision
  ) throws -> (cacheLocks: Int, treeLocks: Int, ranges: Int) {
    let domain = try IOVADomain.forClaim(cpus: cpus, revision)
    domain.reserve(PFNRange(PFN(1), through: PFN(Simulated.boundary - 1)), on: CPU(0))
    for cpu in 0..<cpus {
      for sizeClass in 0..<Simulated.classes {
        domain.fill(sizeClass, 2 * capacity, on: CPU(cpu), below: .limit48)
      }
    }
    let before = domain.counters
    // Too large to be searched for in a cache, so only the flush takes locks C.
    _ = domain.allocateFast(64, below: .limit32, flush: false, on: CPU(0))
    let after = domain.counters
    let searches = after.tree.requests - before.tree.requests
    return (
      Int(after.cacheLockAcquisitions - before.cacheLockAcquisitions),
      Int(after.treeLockAcquisitions - before.treeLockAcquisitions - UInt64(searches)),
      Int(after.rangesReturned - before.rangesReturned)
    )
  }
}
