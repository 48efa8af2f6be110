import Generators
import IOVA

/// W4a and W4b: the 32-bit space is nearly full and fragmented; requests try it first, then fall
/// back to the 64-bit space.
///
/// Some of the ranges that fill the space wait in the magazines of other CPUs, where only a flush
/// finds them.
struct NearlyFullWorkload {
  private static let cpus = 8
  private static let window = 4096
  private static let steps = 20_000 + window

  private struct Step {
    var size: UInt64
    var allocatingCPU: CPU
    var freeingCPU: CPU
  }

  private let isFlushing: Bool
  private let fillers: [UInt8]
  private let script: [Step]
  /// Continues where the script's draws end.
  private let random: SplitMix64

  /// - Parameter flushing: whether the 32-bit attempt gives the caches back before it fails (W4b).
  init(flushing: Bool) {
    var random = SplitMix64(state: 1004)
    isFlushing = flushing
    fillers = (0..<1 << 20).map { _ in UInt8(1 + random.next() % 16) }
    script = (0..<Self.steps).map { _ in
      let size: UInt64 = 1 << (random.next() % 8)
      let allocatingCPU = CPU(Int(random.next() % 8))
      return Step(
        size: size, allocatingCPU: allocatingCPU, freeingCPU: CPU(Int(random.next() % 8)))
    }
    self.random = random
  }

  var bench: BenchWorkload {
    BenchWorkload(operations: Self.steps, checksum: checksum, run: run)
  }

  private func run(under revision: Revision) throws -> BenchRun {
    var rules = revision
    // Up to 4.14 callers could not choose; what W4a requests there is a search of the magazines,
    // then one of the tree.
    rules.cache.alwaysFlushes = false
    let domain = try IOVADomain.forBench(cpus: Self.cpus, rules)
    let filled = fill(domain)
    let (parked, holes) = scatter(filled, over: domain)
    let before = domain.counters
    var checksum = Checksum()
    var failures = Failures()
    let clock = ContinuousClock()
    let begin = clock.now
    perform(on: domain, &checksum, &failures)
    let elapsed = clock.now - begin
    let after = domain.counters
    let requests = after.tree.requests - before.tree.requests
    let visits = after.tree.nodesVisited - before.tree.nodesVisited
    return BenchRun(
      elapsed: elapsed, checksum: checksum,
      counts: [
        .init(name: "fail32", value: Double(failures.below32)),
        .init(name: "fail64", value: Double(failures.below64), reference: 0),
        .init(name: "tree allocs", value: Double(requests)),
        .init(name: "steps/alloc", value: Double(visits) / Double(requests)),
        .init(name: "flushes", value: Double(after.flushes - before.flushes)),
        .init(name: "filled", value: Double(filled.count), reference: 80_880),
        .init(name: "parked", value: Double(parked), reference: 1610),
        .init(name: "holes", value: Double(holes), reference: 2446),
      ])
  }

  // MARK: Before the clock starts

  /// Allocates below 4 GiB until that fails.
  private func fill(_ domain: IOVADomain) -> [PFNRange] {
    var filled: [PFNRange] = []
    for filler in fillers {
      let size: UInt64 = 1 << UInt64(64 - (UInt64(filler) - 1).leadingZeroBitCount)
      guard let range = domain.allocate(size, below: .limit32, aligned: true, on: CPU(0)) else {
        break
      }
      filled.append(range)
    }
    return filled
  }

  /// Frees 2 % of the ranges into the magazines of CPUs 1 to 7, and 3 % to the tree.
  private func scatter(_ filled: [PFNRange], over domain: IOVADomain) -> (parked: Int, holes: Int) {
    var random = random
    var parked = 0
    var holes = 0
    for range in filled {
      let draw = random.next()
      switch draw % 100 {
      case 0..<2:
        domain.freeFast(range.lo, range.pages, on: CPU(1 + Int((draw >> 32) % 7)))
        parked += 1
      case 2..<5:
        domain.free(range.lo, on: CPU(0))
        holes += 1
      default: break
      }
    }
    return (parked, holes)
  }

  // MARK: While it runs

  private struct Failures {
    var below32 = 0
    var below64 = 0
  }

  private func perform(
    on domain: IOVADomain, _ checksum: inout Checksum, _ failures: inout Failures
  ) {
    var taken = [(pfn: UInt64, size: UInt64)](repeating: (0, 0), count: Self.window)
    for (index, step) in script.enumerated() {
      let slot = index % Self.window
      if taken[slot].pfn != 0 {
        domain.freeFast(PFN(taken[slot].pfn), taken[slot].size, on: step.freeingCPU)
      }
      let cpu = step.allocatingCPU
      var pfn = domain.allocateFast(step.size, below: .limit32, flush: isFlushing, on: cpu)
      if pfn == nil {
        failures.below32 += 1
        pfn = domain.allocateFast(step.size, below: .limit64, flush: true, on: cpu)
        if pfn == nil { failures.below64 += 1 }
      }
      taken[slot] = (pfn?.raw ?? 0, step.size)
      checksum.mix(taken[slot].pfn)
    }
  }

  private func checksum(under revision: Revision) -> UInt64? { nil }
}
