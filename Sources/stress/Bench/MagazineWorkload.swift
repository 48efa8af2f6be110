import Generators
import IOVA

/// W2: one CPU allocates and frees at most 64 ranges; after the warm-up its magazines serve nearly
/// all calls.
struct MagazineWorkload {
  private static let warmUp = 20_000
  private static let steps = 4_000_000
  private static let depth = 64

  /// An allocation of `size` pages, or a free of entry `pick` if the size is 0; by default the
  /// newest.
  private struct Step {
    static let newest = UInt8.max
    var size: UInt8
    var pick: UInt8
  }

  private let script: [Step]

  init() {
    var random = SplitMix64(state: 1002)
    var depth = 0
    script = (0..<Self.warmUp + Self.steps).map { _ in
      let draw = random.next()
      let allocates = depth == 0 || (depth < Self.depth && draw & 1 == 1)
      if allocates {
        depth += 1
        return Step(size: Self.powerOfTwo(1 + (draw >> 8) % 32), pick: Step.newest)
      }
      let picks = (draw >> 1) & 3 == 0
      let pick = picks ? UInt8((draw >> 16) % UInt64(depth)) : Step.newest
      depth -= 1
      return Step(size: 0, pick: pick)
    }
  }

  private static func powerOfTwo(_ size: UInt64) -> UInt8 {
    UInt8(1 << (64 - (size - 1).leadingZeroBitCount))
  }

  var bench: BenchWorkload {
    BenchWorkload(operations: Self.steps, checksum: checksum, run: run)
  }

  private func run(under revision: Revision) throws -> BenchRun {
    let domain = try IOVADomain.forBench(cpus: 1, revision)
    var stack = Stack(depth: Self.depth)
    var checksum = Checksum()
    perform(0..<Self.warmUp, on: domain, &stack, &checksum)
    let before = domain.counters
    let clock = ContinuousClock()
    let begin = clock.now
    perform(Self.warmUp..<script.count, on: domain, &stack, &checksum)
    let elapsed = clock.now - begin
    let after = domain.counters
    let hits = after.cache.hits - before.cache.hits
    let misses = after.cache.misses - before.cache.misses
    return BenchRun(
      elapsed: elapsed, checksum: checksum,
      counts: [
        .init(
          name: "tree allocs", value: Double(after.tree.requests - before.tree.requests),
          reference: 32),
        .init(name: "hit rate", value: Double(hits) / Double(hits + misses)),
        .init(name: "ranges", value: Double(domain.searchState.count)),
      ])
  }

  /// The ranges that are taken.
  private struct Stack {
    var pfns: [UInt64]
    var sizes: [UInt64]
    var count = 0

    init(depth: Int) {
      pfns = [UInt64](repeating: 0, count: depth)
      sizes = pfns
    }
  }

  private func perform(
    _ range: Range<Int>, on domain: IOVADomain, _ stack: inout Stack, _ checksum: inout Checksum
  ) {
    let cpu = CPU(0)
    for step in script[range] {
      if step.size != 0 {
        let size = UInt64(step.size)
        let pfn = domain.allocateFast(size, below: .limit32, flush: true, on: cpu)?.raw ?? 0
        stack.pfns[stack.count] = pfn
        stack.sizes[stack.count] = size
        stack.count += 1
        checksum.mix(pfn)
      } else {
        let top = stack.count - 1
        if step.pick != Step.newest {
          stack.pfns.swapAt(Int(step.pick), top)
          stack.sizes.swapAt(Int(step.pick), top)
        }
        stack.count = top
        domain.freeFast(PFN(stack.pfns[top]), stack.sizes[top], on: cpu)
      }
    }
  }

  private func checksum(under revision: Revision) -> UInt64? { 0x12CA_8EB2_273F_11C4 }
}
