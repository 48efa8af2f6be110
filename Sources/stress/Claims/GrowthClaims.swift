import Generators
import IOVA

/// How caches grow when invalidations are deferred, with either kind of depot.
extension Claim {
  static let cacheGrowth = Claim(
    "C5", "deferred, the caches grow for hours, until depots overflow",
    [(.cpus, 32), (.burst, 256), (.rounds, 300), (.small, 4)]
  ) { knobs in
    let cpus = knobs[.cpus]
    let array = try Growth(knobs, cpus: cpus, .linux5_10)
    let strict = try Growth(knobs, cpus: cpus, .linux5_10, deferring: false)
    let list = try Growth(knobs, cpus: cpus, .linux6_12)
    let unknown = Measure.Exception(
      number: nil,
      reason: "The report does not say what ran on how many CPUs; only the growth can be counted.")
    return [
      Measure(
        "ranges cached early, after 13,175 s of 83,483 s", stated: 44_001, counted: array.early,
        except: unknown),
      Measure(
        "ranges cached at the end", stated: 87_008, counted: array.late, except: unknown),
      Measure(
        "the second in hundredths of the first", .above, stated: 100,
        counted: 100 * array.late / max(array.early, 1)),
      Measure(
        "full magazines that found no place in a depot", .above, stated: 0,
        counted: array.overflows),
      Measure(
        "the same, if every unmap invalidates", stated: 0, counted: strict.overflows),
      Measure(
        "ranges cached at the end, if every unmap invalidates", .atMost,
        stated: 6 * cpus, counted: strict.late),
      Measure(
        "full magazines that find no place in a list (6.7)", stated: 0, counted: list.overflows),
      Measure(
        "ranges that an unmap frees under one hold of T, array",
        stated: array.overflows == 0 ? 0 : 128, counted: array.freedByUnmap),
      Measure("the same, list", stated: 0, counted: list.freedByUnmap),
      Measure(
        "ranges that the list's worker frees under one hold",
        stated: list.trimmed == 0 ? 0 : 127, counted: list.freedByWorker),
      Measure(
        "bytes of magazines at the peak, array", .atMost, stated: array.mostBytes,
        counted: array.peakBytes, in: .kib),
      Measure(
        "the same, list", .atMost, stated: list.mostBytes, counted: list.peakBytes, in: .kib),
    ] + (try smallMachine(knobs))
  }

  /// A machine whose CPUs, rings and magazines hold fewer ranges than a depot.
  private static func smallMachine(_ knobs: Knobs) throws -> [Measure] {
    let cpus = knobs[.small]
    let array = try Growth(knobs, cpus: cpus, .linux5_10)
    let list = try Growth(knobs, cpus: cpus, .linux6_12)
    let machine = cpus.of("CPU")
    return [
      Measure(
        "\(machine): full magazines that find no place, array",
        array.fitsDepot ? .equal : .atLeast, stated: 0, counted: array.overflows),
      Measure(
        "\(machine): bytes of magazines at the peak, array", .atMost, stated: array.mostBytes,
        counted: array.peakBytes, in: .kib),
      Measure(
        "\(machine): the same, list", .atMost, stated: list.mostBytes, counted: list.peakBytes,
        in: .kib),
    ]
  }
}

/// Bursts of one size on all CPUs, round after round, for 10 ms each.
private struct Growth {
  /// Ranges cached after the same share of the rounds as of the hours in the report, and at the
  /// end.
  private(set) var early = 0
  private(set) var late = 0
  /// Full magazines that found no place in a depot.
  private(set) var overflows = 0
  /// Magazines that the trim workers took.
  private(set) var trimmed = 0
  /// Bytes of all magazines, at most.
  private(set) var peakBytes = 0
  /// Ranges that magazines returned to the tree.
  private var returned = 0
  private let cpus: Int
  private let burst: Int
  private let rules: CacheRules

  init(_ knobs: Knobs, cpus: Int, _ revision: Revision, deferring: Bool = true) throws {
    self.cpus = cpus
    burst = knobs[.burst]
    rules = revision.cache
    let domain = try IOVADomain.forClaim(
      cpus: cpus, revision, queue: deferring ? .perCPU : nil)
    var random = SplitMix64(state: 5)
    for round in 0..<knobs[.rounds] {
      let sizeClass = random.next() % UInt64(Simulated.classes)
      let most = random.next() % UInt64(burst) + 1
      for cpu in 0..<cpus {
        let count = Int(random.next() % (most + 1))
        Self.burst(count, 1 << sizeClass, of: domain, on: CPU(cpu), deferring)
        peakBytes = max(peakBytes, domain.liveMagazines * bytes)
      }
      domain.machine.advance(by: 10, on: CPU(round % cpus))
      if (round + 1) * 83_483 <= knobs[.rounds] * 13_175 { early = domain.rangesCached }
    }
    late = domain.rangesCached
    overflows = Int(domain.counters.cache.overflows)
    trimmed = Int(domain.counters.magazinesTrimmed)
    returned = Int(domain.counters.rangesReturned)
  }

  /// Bytes of a magazine.
  private var bytes: Int { Magazine.bytes(capacity: rules.magazineCapacity) }

  /// Ranges that an unmap returned at once, for each magazine without a place.
  var freedByUnmap: Int {
    (returned - trimmed * rules.magazineCapacity) / max(overflows, 1)
  }

  /// Ranges that a trim worker returned at once.
  var freedByWorker: Int {
    (returned - overflows * rules.magazineCapacity) / max(trimmed, 1)
  }

  /// The most full magazines of a class in its depot, if that has no bound.
  ///
  /// Ranges come from the tree only while the depot is empty: all others of the class are then with
  /// the CPU that bursts, in rings, or in the magazines of other CPUs.
  private var mostInDepot: Int {
    let inRings = cpus * (FlushOptions.perCPU.slots - 1)
    let inMagazines = 2 * rules.magazineCapacity * (cpus - 1)
    return (burst + inRings + inMagazines) / rules.magazineCapacity
  }

  /// Whether a depot of 32 magazines can't overflow.
  var fitsDepot: Bool { mostInDepot <= 32 }

  /// The most bytes of magazines that can come to be: those of the CPUs, and the depots.
  var mostBytes: Int {
    let most = rules.depot == .list ? mostInDepot : min(mostInDepot, 32)
    return Simulated.classes * (2 * cpus + most) * bytes
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
}
