import Dispatch
import Generators
import IOVA

/// W3 and W3s: CPU 0 allocates two million ranges of 1, 2 or 4 pages, CPU 1 frees them.
///
/// In W3 the CPUs are two threads with a ring of batches between them; in W3s one thread plays
/// both, with the consumer half a ring behind.
struct HandOverWorkload {
  private static let ranges = 2_000_000
  private static let batches = ranges / HandOverRing.batch

  private let isConcurrent: Bool
  private let sizes: [UInt8]

  init(concurrent: Bool) {
    var random = SplitMix64(state: 1003)
    isConcurrent = concurrent
    sizes = (0..<Self.ranges).map { _ in UInt8(1 << (random.next() % 3)) }
  }

  var bench: BenchWorkload {
    BenchWorkload(
      operations: Self.ranges, isRepeatable: !isConcurrent, checksum: checksum, run: run)
  }

  private func run(under revision: Revision) throws -> BenchRun {
    let domain = try IOVADomain.forBench(cpus: 2, revision)
    let (elapsed, checksum) = isConcurrent ? runOnTwoThreads(domain) : runOnOne(domain)
    let counters = domain.counters
    let takes = Double(counters.cache.hits + counters.cache.misses)
    return BenchRun(
      elapsed: elapsed, checksum: checksum,
      counts: [
        .init(name: "hit rate", value: Double(counters.cache.hits) / takes),
        .init(name: "tree allocs", value: Double(counters.tree.requests)),
        .init(name: "depot peak", value: Double(counters.depotPeak)),
      ])
  }

  // MARK: One thread

  private static let lag = HandOverRing.capacity / 2

  private func runOnOne(_ domain: IOVADomain) -> (Duration, Checksum) {
    let ring = HandOverRing()
    var checksum = Checksum()
    let clock = ContinuousClock()
    let begin = clock.now
    for batch in 0..<Self.batches + Self.lag {
      if batch < Self.batches { produce(batch, into: ring, domain, &checksum) }
      if batch >= Self.lag { consume(batch - Self.lag, from: ring, domain) }
    }
    return (clock.now - begin, checksum)
  }

  // MARK: Two threads

  private func runOnTwoThreads(_ domain: IOVADomain) -> (Duration, Checksum) {
    let ring = HandOverRing()
    let cpus = (0..<2).map { DispatchQueue(label: "bench.cpu\($0)") }
    let consumer = DispatchGroup()
    let clock = ContinuousClock()
    // With a serial queue of its own, each CPU gets a thread of its own from Dispatch.
    return cpus[0].sync {
      var checksum = Checksum()
      let begin = clock.now
      cpus[1].async(group: consumer) {
        for batch in 0..<Self.batches {
          ring.waitForBatch(batch)
          consume(batch, from: ring, domain)
          ring.release(batch)
        }
      }
      for batch in 0..<Self.batches {
        ring.waitForRoom(batch)
        produce(batch, into: ring, domain, &checksum)
        ring.publish(batch)
      }
      consumer.wait()
      return (clock.now - begin, checksum)
    }
  }

  // MARK: A batch

  @inline(__always)
  private func produce(
    _ batch: Int, into ring: HandOverRing, _ domain: IOVADomain, _ checksum: inout Checksum
  ) {
    let cpu = CPU(0)
    let first = batch &* HandOverRing.batch
    for index in 0..<HandOverRing.batch {
      let size = UInt64(sizes[first &+ index])
      let pfn = domain.allocateFast(size, below: .limit32, flush: true, on: cpu)?.raw ?? 0
      checksum.mix(pfn)
      ring[batch, index] = pfn
    }
  }

  @inline(__always)
  private func consume(_ batch: Int, from ring: HandOverRing, _ domain: IOVADomain) {
    let cpu = CPU(1)
    let first = batch &* HandOverRing.batch
    for index in 0..<HandOverRing.batch {
      domain.freeFast(PFN(ring[batch, index]), UInt64(sizes[first &+ index]), on: cpu)
    }
  }

  private func checksum(under revision: Revision) -> UInt64? {
    guard !isConcurrent else { return nil }
    return switch revision.name {
    case "linux-5.10", "linux-5.10.0", "linux-4.13": 0x355F_60AE_D890_8340
    case "linux-4.15", "posted-2017-07": nil
    default: 0x5762_5BBF_B6D6_ABE7
    }
  }
}
