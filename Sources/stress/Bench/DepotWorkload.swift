import IOVA

/// W5: 32 CPUs allocate, four of them free, so that full magazines pile up in the depot; one thread
/// plays all CPUs.
struct DepotWorkload {
  private static let cpus = 32
  private static let rounds = 20
  private static let rangesPerRound = 512 * cpus

  var bench: BenchWorkload {
    BenchWorkload(operations: 2 * Self.rangesPerRound * Self.rounds, checksum: checksum, run: run)
  }

  private func run(under revision: Revision) throws -> BenchRun {
    let domain = try IOVADomain.forBench(cpus: Self.cpus, revision)
    var checksum = Checksum()
    var taken = [UInt64](repeating: 0, count: Self.rangesPerRound)
    let clock = ContinuousClock()
    let begin = clock.now
    for _ in 0..<Self.rounds {
      for index in 0..<Self.rangesPerRound {
        let cpu = CPU(index % Self.cpus)
        let pfn = domain.allocateFast(1, below: .limit32, flush: true, on: cpu)?.raw ?? 0
        taken[index] = pfn
        checksum.mix(pfn)
      }
      for index in 0..<Self.rangesPerRound {
        domain.freeFast(PFN(taken[index]), 1, on: CPU((index / Self.cpus) % 4))
      }
      domain.machine.advance(by: 100, on: CPU(0))
    }
    let elapsed = clock.now - begin
    return BenchRun(elapsed: elapsed, checksum: checksum, counts: counts(domain, revision))
  }

  private func counts(_ domain: IOVADomain, _ revision: Revision) -> [BenchResult.Count] {
    let counters = domain.counters
    let takes = counters.cache.hits + counters.cache.misses
    let expected = Self.reference(revision)
    return [
      .init(
        name: "hit rate", value: Double(counters.cache.hits) / Double(takes),
        reference: expected?.hitRate),
      .init(name: "depot peak", value: Double(counters.depotPeak), reference: expected?.depotPeak),
      .init(
        name: "tree allocs", value: Double(counters.tree.requests), reference: expected?.requests),
      .init(name: "ranges", value: Double(domain.searchState.count)),
      .init(name: "cached", value: Double(cached(in: domain))),
    ]
  }

  /// Ranges of one page in magazines and the depot.
  private func cached(in domain: IOVADomain) -> Int {
    let magazines = (0..<Self.cpus).map { cpu in
      let cache = domain.cacheSnapshot(CPU(cpu), 0)
      return (cache.loaded?.count ?? 0) + (cache.previous?.count ?? 0)
    }
    let depot = domain.depotSnapshot(0)
    return magazines.reduce(depot.length * depot.capacity, +)
  }

  private struct Reference {
    var checksum: UInt64
    var hitRate: Double
    var depotPeak: Double?
    var requests: Double
  }

  /// Nil for revisions that nobody else has measured.
  private static func reference(_ revision: Revision) -> Reference? {
    switch revision.name {
    case "linux-4.15", "posted-2017-07": nil
    case "linux-6.1":
      Reference(
        checksum: 0x7F20_21C2_8387_191D, hitRate: 0.2725, depotPeak: 32, requests: 238_380)
    case "linux-5.10", "linux-5.10.0":
      Reference(checksum: 0x257F_19D4_53AB_AEDD, hitRate: 0.2969, requests: 230_400)
    case "linux-4.13":
      Reference(checksum: 0xC2FA_14AC_9470_3855, hitRate: 0.2898, requests: 232_705)
    default:
      Reference(
        checksum: 0x441C_45AF_AE1D_78E5, hitRate: 0.9421, depotPeak: 124, requests: 18_965)
    }
  }

  private func checksum(under revision: Revision) -> UInt64? { Self.reference(revision)?.checksum }
}
