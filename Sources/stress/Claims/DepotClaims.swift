import IOVA

/// How depots grow and shrink, and how much memory magazines take.
extension Claim {
  static let depotThreshold = Claim(
    "C7", "a depot is trimmed to a magazine a CPU: half, for 16",
    [(.cpus, 16), (.magazines, 48), (.magazine, 127)]
  ) { knobs in
    let (cpus, full, capacity) = (knobs[.cpus], knobs[.magazines], knobs[.magazine])
    let trimmed = try idleDepots(cpus, full, capacity, under: .linux6_12)
    let fixed = try idleDepots(cpus, full, capacity, under: .linux6_1)
    let left = min(cpus, full)
    return [
      Measure(
        "magazines of a depot at rest, fixed (6.1)",
        stated: knobs.stated(32, or: min(32, full)), counted: fixed.atRest),
      Measure(
        "magazines of a depot at rest, trimmed (6.12)", stated: knobs.stated(16, or: left),
        counted: trimmed.atRest),
      Measure(
        "magazines trimmed in the first second, each class",
        stated: knobs.stated(10, or: min(10, full - left)), counted: trimmed.inASecond),
      Measure(
        "ms until all are trimmed, 100 for each", stated: 100 * (full - left),
        counted: trimmed.milliseconds),
    ]
  }

  /// Fills all depots, and then advances the clock.
  private static func idleDepots(
    _ cpus: Int, _ magazines: Int, _ capacity: Int, under revision: Revision
  ) throws -> (atRest: Int, inASecond: Int, milliseconds: Int) {
    let domain = try IOVADomain.forClaim(cpus: cpus, revision.with(magazine: capacity))
    for sizeClass in 0..<Simulated.classes {
      domain.fill(sizeClass, (2 + magazines) * capacity, on: CPU(0), below: .limit48)
    }
    var (elapsed, last, inASecond) = (0, 0, 0)
    while domain.machine.hasArmedTimers {
      let before = domain.counters.magazinesTrimmed
      domain.machine.advance(by: 100, on: CPU(0))
      elapsed += 100
      if domain.counters.magazinesTrimmed > before { last = elapsed }
      if elapsed <= 1000 { inASecond = Int(domain.counters.magazinesTrimmed) }
    }
    return (
      domain.counters.depotLength / Simulated.classes, inASecond / Simulated.classes, last
    )
  }

  static let magazineSize = Claim(
    "C8", "with one entry less, magazines waste no memory",
    [(.before, 128), (.magazine, 127), (.cpus, 256)]
  ) { knobs in
    let (before, after, cpus) = (knobs[.before], knobs[.magazine], knobs[.cpus])
    let used = Magazine.bytesUsed(capacity: before)
    let taken = Magazine.bytes(capacity: before)
    // The first power of two that holds a count and the entries.
    let rounded = { (entries: Int) in 1 << (Int.bitWidth - (8 * entries + 7).leadingZeroBitCount) }
    return [
      Measure(
        "bytes used of a magazine before 6.0", stated: knobs.stated(1032, or: 8 * (before + 1)),
        counted: used),
      Measure("bytes taken by it", stated: knobs.stated(2048, or: rounded(before)), counted: taken),
      Measure(
        "of them wasted, nearly half", .about(percent: 2),
        stated: knobs.stated(500, or: 1000 - 8000 * (before + 1) / rounded(before)),
        counted: 1000 * (taken - used) / taken, in: .percent),
      Measure(
        "bytes taken by one from 6.0 on", stated: knobs.stated(1024, or: rounded(after)),
        counted: Magazine.bytes(capacity: after)),
      Measure(
        "magazines of a CPU and domain before 6.0",
        stated: knobs.stated(24 << 10, or: 12 * rounded(before)),
        counted: try magazineBytes(before, cpus: 1), in: .kib),
      Measure(
        "magazines of a CPU and domain from 6.0 on",
        stated: knobs.stated(12 << 10, or: 12 * rounded(after)),
        counted: try magazineBytes(after, cpus: 1), in: .kib),
      Measure(
        "magazines of \(cpus) CPUs before 6.0",
        stated: knobs.stated(6 << 20, or: 12 * cpus * rounded(before)),
        counted: try magazineBytes(before, cpus: cpus), in: .mib),
      Measure(
        "magazines of \(cpus) CPUs from 6.0 on",
        stated: knobs.stated(3 << 20, or: 12 * cpus * rounded(after)),
        counted: try magazineBytes(after, cpus: cpus), in: .mib),
    ]
  }

  /// Memory of a fresh domain's magazines.
  private static func magazineBytes(_ capacity: Int, cpus: Int) throws -> Int {
    let domain = try IOVADomain.forClaim(cpus: cpus, .linux5_10.with(magazine: capacity))
    return domain.counters.magazinesLive * Magazine.bytes(capacity: capacity)
  }
}
