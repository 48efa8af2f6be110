import IOVA

/// How much the caches hold.
extension Claim {
  static let magazineCapacity = Claim(
    "C2", "magazines save searches and locks, and hold bounded space",
    [(.magazine, 128), (.depot, 32), (.pairs, 1000)]
  ) { knobs in
    let (capacity, depot, pairs) = (knobs[.magazine], knobs[.depot], knobs[.pairs])
    let revision = Revision.linux4_13.with(magazine: capacity).with(depot: depot)
    var uncached = revision
    uncached.cache.isEnabled = false
    let held = try capacities(under: revision, capacity, depot)
    return [
      Measure("largest range that is cached", stated: 128 << 10, counted: held.largest, in: .kib),
      Measure(
        "magazines of a CPU, all ranges the largest",
        stated: knobs.stated(32 << 20, or: 2 * capacity << 17), counted: held.ofCPU, in: .mib),
      Measure(
        "a full depot, all ranges the smallest",
        stated: knobs.stated(4 << 20, or: depot * capacity << 10), counted: held.ofDepot,
        in: .mib,
        except: .init(
          number: depot * capacity * Simulated.pageBytes,
          reason: "The commit's figure is a quarter of what its magazines hold in single pages, "
            + "and less of any larger class.")),
      Measure(
        "locks T of \(pairs.of("allocation")) and frees, cached", stated: 0,
        counted: try treeLocks(pairs, under: revision)),
      Measure(
        "locks T of the same without caches", stated: 2 * pairs,
        counted: try treeLocks(pairs, under: uncached)),
    ]
  }

  /// Bytes of the largest cached range, of a CPU's magazines and of a depot, all full.
  private static func capacities(
    under revision: Revision, _ capacity: Int, _ depot: Int
  ) throws -> (largest: Int, ofCPU: Int, ofDepot: Int) {
    let domain = try IOVADomain.forClaim(revision)
    let cpu = CPU(0)
    var largest = 0
    for sizeClass in 0...Simulated.classes {
      let before = domain.rangesCached
      domain.fill(sizeClass, 1, on: cpu)
      if domain.rangesCached > before { largest = 1 << sizeClass }
    }
    let last = Simulated.classes - 1
    domain.fill(last, 2 * capacity, on: cpu)
    domain.fill(0, (depot + 3) * capacity, on: cpu)
    let store = domain.depotSnapshot(0)
    return (
      largest * Simulated.pageBytes,
      domain.rangesCached(last, on: cpu) * largest * Simulated.pageBytes,
      store.length * store.capacity * Simulated.pageBytes
    )
  }

  /// Holds of the tree's lock once the first pair has filled the cache.
  private static func treeLocks(_ pairs: Int, under revision: Revision) throws -> Int {
    let domain = try IOVADomain.forClaim(revision)
    // Two pages, since the highest pfn of all is never taken from a cache of 4.13.
    domain.fill(0, 2, on: CPU(0))
    let before = domain.counters.treeLockAcquisitions
    for _ in 0..<pairs { domain.fill(0, 1, on: CPU(0)) }
    return Int(domain.counters.treeLockAcquisitions - before)
  }

  static let fixedDepots = Claim(
    "C4", "caches of many CPUs hold far more than is ever needed",
    [(.cpus, 256), (.depot, 32), (.magazine, 128), (.requests, 4096)]
  ) { knobs in
    let (cpus, depot, capacity) = (knobs[.cpus], knobs[.depot], knobs[.magazine])
    let cached = try mostCached(
      cpus, depot, capacity,
      under: .linux5_10.with(magazine: capacity).with(depot: depot))
    let needed = try mostNeeded(knobs[.requests])
    let most = (cpus * 2 + depot) * 6 * capacity
    return [
      Measure(
        "ranges that are cached at most", stated: knobs.stated(417_792, or: most),
        counted: cached),
      Measure(
        "ranges that a controller's requests ever need",
        stated: knobs.stated(24 << 10, or: 6 * knobs[.requests]), counted: needed),
      Measure(
        "the first in hundredths of the second", .about(percent: 1),
        stated: knobs.stated(1700, or: 100 * most / (6 * knobs[.requests])),
        counted: 100 * cached / needed),
    ]
  }

  private static func mostCached(
    _ cpus: Int, _ depot: Int, _ capacity: Int, under revision: Revision
  ) throws -> Int {
    let domain = try IOVADomain.forClaim(cpus: cpus, revision)
    for sizeClass in 0..<Simulated.classes {
      for cpu in 1..<max(cpus, 2) where cpu < cpus {
        domain.fill(sizeClass, 2 * capacity, on: CPU(cpu), below: .limit48)
      }
      // One magazine more than there is room for.
      domain.fill(sizeClass, (2 + depot + 1) * capacity, on: CPU(0), below: .limit48)
    }
    return domain.rangesCached
  }

  /// Ranges that exist after all concurrent requests had each size in turn, several times.
  private static func mostNeeded(_ requests: Int) throws -> Int {
    let domain = try IOVADomain.forClaim(.linux6_12)
    for _ in 0..<3 {
      for sizeClass in 0..<Simulated.classes {
        domain.fill(sizeClass, requests, on: CPU(0), below: .limit48)
      }
    }
    return domain.searchState.count
  }
}
