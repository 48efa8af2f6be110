import IOVA

/// How often hardware is flushed, and how much memory the queues take.
extension Claim {
  static let flushesPerUnmap = Claim(
    "C11", "flushes are by unmap, by full ring, or by time",
    [
      (.slots, 256), (.single, 32_768), (.cpus, 4), (.rate, 10_000), (.seconds, 10),
      (.timeout, 10),
    ]
  ) { knobs in
    let even = EvenRate(perSecond: knobs[.rate], seconds: knobs[.seconds])
    let (slots, cpus, single) = (knobs[.slots], knobs[.cpus], knobs[.single])
    let (perCPU, shared) = queues(knobs)
    let ofCPUs = try flushes(even, perCPU, cpus: cpus)
    let ofOne = try flushes(even, shared, cpus: cpus)
    return [
      Measure("unmaps a flush, strict", stated: 1, counted: try unmapsPerFlush(nil, cpus: cpus)),
      Measure(
        "unmaps a full ring, one CPU active", stated: knobs.stated(255, or: slots - 1),
        counted: try unmapsPerFlush(perCPU, cpus: 1)),
      Measure(
        "unmaps a full ring, \(cpus) CPUs in turn", stated: cpus * (slots - 1),
        counted: try unmapsPerFlush(perCPU, cpus: cpus)),
      Measure(
        "unmaps a full ring, one ring for all", stated: knobs.stated(32_767, or: single - 1),
        counted: try unmapsPerFlush(shared, cpus: cpus)),
      Measure(
        "flushes in \(even.seconds) s of \(even.perSecond.grouped) unmaps/s, strict",
        stated: knobs.stated(100_000, or: even.calls),
        counted: try flushes(even, nil, cpus: cpus).all),
      Measure(
        "flushes in that time, rings of CPUs", .about(percent: 5),
        stated: knobs.stated(
          1000, or: even.flushes(capacity: cpus * (slots - 1), timeout: knobs[.timeout])),
        counted: ofCPUs.all),
      Measure(
        "flushes in that time, one ring for all", .about(percent: 5),
        stated: knobs.stated(10, or: even.flushes(capacity: single - 1, timeout: 1000)),
        counted: ofOne.all),
      Measure(
        "flushes a second by time, rings of CPUs", .atMost,
        stated: knobs.stated(100, or: 1000 / knobs[.timeout]),
        counted: ofCPUs.byTime / even.seconds),
      Measure(
        "flushes a second by time, one ring for all", .atMost, stated: 1,
        counted: ofOne.byTime / even.seconds),
    ]
  }

  private static func queues(_ knobs: Knobs) -> (perCPU: FlushOptions, shared: FlushOptions) {
    (
      FlushOptions(.perCPU, slots: knobs[.slots], timeout: UInt64(knobs[.timeout])),
      FlushOptions(.single, slots: knobs[.single], timeout: 1000)
    )
  }

  /// Unmaps from one flush to the next, over four flushes, while no time passes.
  private static func unmapsPerFlush(_ queue: FlushOptions?, cpus: Int) throws -> Int {
    let domain = try IOVADomain.forClaim(cpus: cpus, .linux6_12, queue: queue)
    var (unmaps, flushes, first) = (0, 0, 0)
    while flushes < 5 {
      unmapOne(domain, on: CPU(unmaps % cpus))
      unmaps += 1
      let now = Int(domain.invalidations)
      if flushes == 0, now == 1 { first = unmaps }
      flushes = now
    }
    return (unmaps - first) / 4
  }

  private static func unmapOne(_ domain: IOVADomain, on cpu: CPU) {
    if let pfn = domain.allocateFast(1, below: .limit32, flush: true, on: cpu) {
      domain.deferFree(pfn, 1, on: cpu)
    }
  }

  /// Flushes while all CPUs unmap in turn, with or without rings.
  private static func flushes(
    _ even: EvenRate, _ queue: FlushOptions?, cpus: Int
  ) throws -> (all: Int, byTime: Int) {
    let domain = try IOVADomain.forClaim(cpus: cpus, .linux6_12, queue: queue)
    even.run { unmap in
      unmapOne(domain, on: CPU(unmap % cpus))
    } tick: {
      domain.machine.advance(by: 1, on: CPU(0))
    }
    let counters = domain.counters.flush
    return (Int(counters.started), Int(counters.byTimer))
  }

  static let queuesOfGuests = Claim(
    "C10", "s390 guests: half speed with rings of CPUs, par with one",
    [
      (.guest, 100), (.lpar, 1), (.cpus, 4), (.rate, 10_000), (.seconds, 2), (.slots, 256),
      (.single, 32_768), (.timeout, 10), (.aperture, 65_536),
    ]
  ) { knobs in
    let even = EvenRate(perSecond: knobs[.rate], seconds: knobs[.seconds])
    let (unmaps, cpus) = (even.calls, knobs[.cpus])
    let (perCPU, shared) = queues(knobs)
    let rings = try flushesOfGuest(even, .ringsForShadows, perCPU, cpus: cpus)
    let one = try flushesOfGuest(even, .current, shared, cpus: cpus)
    let old = WrappingBitmap.flushes(unmaps: unmaps, aperture: knobs[.aperture])
    /// Speed relative to the old code, in thousandths, if a flush costs as much as `cost` unmaps.
    func speed(_ flushes: Int, _ cost: Int) -> Int {
      1000 * (unmaps + old * cost) / (unmaps + flushes * cost)
    }
    let expected = even.flushes(
      capacity: cpus * (knobs[.slots] - 1), timeout: knobs[.timeout])
    return [
      Measure(
        "guest's speed, a flush costing \(knobs[.guest]) unmaps, by rings", .about(percent: 5),
        stated: knobs.stated(500, or: speed(expected, knobs[.guest])),
        counted: speed(rings, knobs[.guest]), in: .percent),
      Measure(
        "guest's speed, one ring for all", .about(percent: 5), stated: 1000,
        counted: speed(one, knobs[.guest]), in: .percent),
      Measure(
        "LPAR's speed, a flush costing \(knobs[.lpar]), by rings", .about(percent: 5), stated: 1000,
        counted: speed(rings, knobs[.lpar]), in: .percent),
    ]
  }

  /// Flushes while all CPUs of a guest map and unmap a page in turn.
  private static func flushesOfGuest(
    _ even: EvenRate, _ revision: Revision, _ queue: FlushOptions, cpus: Int
  ) throws -> Int {
    let domain = try IOVADomain.forClaim(
      cpus: cpus, revision, queue: queue, devices: [DMADevice()], shadow: 1 << 20)
    even.run { unmap in
      let cpu = CPU(unmap % cpus)
      let buffer = PhysicalAddress(1 << 31)
      if let pfn = domain.map(1, to: buffer, .readWrite, device: 0, on: cpu) {
        domain.unmap(pfn, 1, on: cpu)
      }
    } tick: {
      domain.machine.advance(by: 1, on: CPU(0))
    }
    return Int(domain.counters.flush.started)
  }

  static let queueMemory = Claim(
    "C14", "a slot of a ring is 40 bytes", [(.slots, 256), (.single, 32_768), (.cpus, 4)]
  ) { knobs in
    let (slots, single, cpus) = (knobs[.slots], knobs[.single], knobs[.cpus])
    let rings = try ringBytes(FlushOptions(.perCPU, slots: slots, timeout: 10), cpus)
    let one = try ringBytes(FlushOptions(.single, slots: single, timeout: 1000), cpus)
    return [
      Measure("bytes of a slot", stated: 40, counted: rings / (cpus * slots)),
      Measure(
        "ring of a CPU", stated: knobs.stated(10 << 10, or: 40 * slots), counted: rings / cpus,
        in: .kib),
      Measure(
        "one ring for all \(cpus) CPUs",
        stated: knobs.stated(1280 << 10, or: 40 * single), counted: one, in: .mib),
    ]
  }

  private static func ringBytes(_ queue: FlushOptions, _ cpus: Int) throws -> Int {
    try IOVADomain.forClaim(cpus: cpus, .linux6_12, queue: queue).counters.flush.bytes
  }
}
