import Generators
import IOVA

/// W1 and W1u: only the range tree, in a steady state of 10,000 ranges of 1 to 64 pages.
///
/// Every step frees the range in a random slot and allocates another one; allocation and free count
/// separately.
struct TreeWorkload {
  private static let slots = 10_000
  private static let steps = 200_000

  private let isAligned: Bool
  private let first: [UInt64]
  private let choices: [(slot: Int, size: UInt64)]

  /// - Parameter aligned: whether ranges start at a multiple of their size rounded up to a power of
  ///   two (W1).
  init(aligned: Bool) {
    var random = SplitMix64(state: 1001)
    isAligned = aligned
    first = (0..<Self.slots).map { _ in 1 + random.next() % 64 }
    choices = (0..<Self.steps).map { _ in
      let slot = Int(random.next() % UInt64(Self.slots))
      return (slot, 1 + random.next() % 64)
    }
  }

  var bench: BenchWorkload {
    BenchWorkload(operations: 2 * Self.steps, checksum: checksum, run: run)
  }

  private func run(under revision: Revision) throws -> BenchRun {
    let domain = try IOVADomain.forBench(cpus: 1, revision)
    let cpu = CPU(0)
    var checksum = Checksum()
    var live = [UInt64](repeating: 0, count: Self.slots)
    for (slot, size) in first.enumerated() {
      live[slot] = allocate(size, from: domain, cpu)
      checksum.mix(live[slot])
    }
    let before = domain.counters.tree
    let clock = ContinuousClock()
    let begin = clock.now
    for (slot, size) in choices {
      if live[slot] != 0 { domain.free(PFN(live[slot]), on: cpu) }
      live[slot] = allocate(size, from: domain, cpu)
      checksum.mix(live[slot])
    }
    let elapsed = clock.now - begin
    let tree = domain.counters.tree
    let steps = tree.nodesVisited - before.nodesVisited
    let stepsPerRequest = Double(steps) / Double(tree.requests - before.requests)
    return BenchRun(
      elapsed: elapsed, checksum: checksum,
      counts: [
        .init(
          name: "steps/alloc", value: stepsPerRequest, reference: isAligned ? 1647.12 : 1660.32),
        .init(name: "failures", value: Double(tree.failures), reference: 0),
        .init(
          name: "ranges", value: Double(domain.searchState.count),
          reference: Double(Self.slots)),
      ])
  }

  @inline(__always)
  private func allocate(_ size: UInt64, from domain: IOVADomain, _ cpu: CPU) -> UInt64 {
    domain.allocate(size, below: .limit32, aligned: isAligned, on: cpu)?.lo.raw ?? 0
  }

  private func checksum(under revision: Revision) -> UInt64? {
    isAligned ? 0x1620_7B95_1254_4733 : 0x49EB_1AC2_3945_9798
  }
}
