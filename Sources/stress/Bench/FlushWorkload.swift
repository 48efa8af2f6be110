import IOVA

/// W6: one CPU unmaps all the time; only the unmapping is timed.
struct FlushWorkload {
  private static let batch = 4096
  private static let batches = 256

  /// Nil to invalidate at each unmapping.
  let queue: FlushOptions?

  var bench: BenchWorkload {
    BenchWorkload(operations: Self.batch * Self.batches, checksum: { _ in nil }, run: run)
  }

  private func run(under revision: Revision) throws -> BenchRun {
    var configuration = DomainConfiguration()
    configuration.revision = revision
    configuration.flushQueue = queue
    let domain = try IOVADomain(on: Machine(cpus: 1, clock: .virtual), configuration)
    let cpu = CPU(0)
    var checksum = Checksum()
    var taken = [PFN](repeating: PFN(0), count: Self.batch)
    let clock = ContinuousClock()
    var elapsed = Duration.zero
    // The first batches only fill the ring and the magazines.
    for number in -16..<Self.batches {
      for index in 0..<Self.batch {
        let pfn = domain.allocateFast(1, below: .limit32, flush: true, on: cpu) ?? PFN(0)
        taken[index] = pfn
        checksum.mix(pfn.raw)
      }
      let begin = clock.now
      for index in 0..<Self.batch { domain.deferFree(taken[index], 1, on: cpu) }
      if number >= 0 { elapsed += clock.now - begin }
    }
    return BenchRun(elapsed: elapsed, checksum: checksum, counts: counts(domain))
  }

  private func counts(_ domain: IOVADomain) -> [BenchResult.Count] {
    let counters = domain.counters
    let unmappings = Double(Self.batch * (Self.batches + 16))
    return [
      .init(name: "flushes", value: Double(counters.flush.started)),
      .init(
        name: "unmaps per flush",
        value: (unmappings / Double(max(counters.flush.started, 1))).rounded(.down)),
      .init(name: "ranges", value: Double(domain.searchState.count)),
      .init(name: "queue bytes", value: Double(counters.flush.bytes)),
    ]
  }
}
