import Generators
import IOVA

/// How many second-level tables a driver's mappings take, and how much memory that is.
extension Claim {
  static let tablesUnderLoad = Claim(
    "C20", "tables are few, and only whole MiB ever free one",
    [(.maps, 4000), (.requests, 64)]
  ) { knobs in
    let small = try TableLoad(knobs, .slab, largest: 7)
    let slab = try TableLoad(knobs, .slab)
    let general = try TableLoad(knobs, .general)
    let pool = try TableLoad(knobs, .pool)
    let growing = try TableLoad(knobs, .growingPool)
    let fragments = try TableLoad(knobs, .fragments)
    let page = Simulated.pageBytes
    return [
      Measure(
        "tables made for buffers up to 512 KiB: MiB touched", stated: small.expected.made,
        counted: small.made),
      Measure("tables freed meanwhile", stated: 0, counted: small.made - small.live),
      Measure(
        "tables made, with buffers up to 2 MiB as well", stated: slab.expected.made,
        counted: slab.made),
      Measure(
        "tables freed, where a whole MiB was mapped as a block", stated: slab.expected.freed,
        counted: slab.made - slab.live),
      Measure(
        "tables at the peak, rarely above 100", .atMost,
        stated: knobs.stated(100, or: slab.expected.peak), counted: slab.peak),
      Measure(
        "from a general slab, a pool and fragments together", stated: 3 * slab.made,
        counted: general.made + pool.made + fragments.made),
      Measure("made from a pool that has to sleep to grow", stated: 0, counted: growing.made),
      Measure(
        "bytes at the peak from a slab, at least", .atLeast, stated: (slab.peak + 3) / 4 * page,
        counted: slab.peakBytes, in: .kib),
      Measure("from a pool", stated: 1024 * page, counted: pool.peakBytes, in: .kib),
      Measure(
        "from fragments, no less than from a slab", .atLeast, stated: slab.peakBytes,
        counted: fragments.peakBytes, in: .kib),
    ]
  }
}

/// Buffers of mixed sizes that are mapped and unmapped, so many at once.
private struct TableLoad {
  private(set) var expected = Expectation()
  let made: Int
  let live: Int
  let peak: Int
  /// Bytes that the strategy held, at most.
  let peakBytes: Int

  /// The MiB that have a table, by rules 93, 94 and 97.
  struct Expectation {
    private(set) var made = 0
    private(set) var freed = 0
    private(set) var peak = 0
    private var mebibytes: Set<UInt64> = []

    /// A buffer is mapped: in blocks of a MiB, which take the place of a table, or in smaller ones,
    /// which need one. Unmapping it frees none, since it was mapped in the same blocks.
    mutating func map(_ range: PFNRange) {
      let size = BlockSize.section.pages
      for mebibyte in range.lo.raw / size...range.hi.raw / size {
        if range.pages >= size {
          if mebibytes.remove(mebibyte) != nil { freed += 1 }
        } else if mebibytes.insert(mebibyte).inserted {
          made += 1
        }
      }
      peak = max(peak, mebibytes.count)
    }
  }

  /// - Parameter largest: log2 of the pages of the largest buffers.
  init(_ knobs: Knobs, _ strategy: TableMemory.Strategy, largest: UInt64 = 9) throws {
    let domain = try IOVADomain.forClaim(.linux6_12, devices: [DMADevice()], tables: strategy)
    var random = SplitMix64(state: 20)
    var mapped: [PFNRange] = []
    for _ in 0..<knobs[.maps] {
      if mapped.count == knobs[.requests] {
        let range = mapped.remove(at: Int(random.next() % UInt64(mapped.count)))
        domain.unmap(range.lo, range.pages, on: CPU(0))
      }
      let pages: UInt64 = 1 << (random.next() % (largest + 1))
      let pfn = domain.map(
        pages, to: PhysicalAddress(1 << 31), .readWrite, device: 0, on: CPU(0))
      guard let pfn else { continue }
      mapped.append(PFNRange(pfn, pages: pages))
      expected.map(mapped[mapped.count - 1])
    }
    let counts = domain.iommu!.table.tables.counts
    (made, live) = (Int(counts.made), counts.live)
    (peak, peakBytes) = (counts.peakLive, counts.peakBytesHeld)
  }
}
