import IOVA

/// What masks, and trying below 4 GiB first, come to.
extension Claim {
  static let futileAttempts = Claim(
    "C16", "futile attempts below 4 GiB no longer walk all ranges",
    [(.ranges, 2000), (.allocations, 1000)]
  ) { knobs in
    let (ranges, allocations) = (knobs[.ranges], knobs[.allocations])
    var unaware = Revision.linux6_12
    unaware.search.shortcut = .none
    let none = try futileVisits(knobs, unaware, .each, othersFree: false)
    let shortcut = try futileVisits(knobs, .linux6_12, .each, othersFree: false)
    let freeing = try futileVisits(knobs, .linux6_12, .each, othersFree: true)
    let oneShot = try futileVisits(knobs, .linux6_12, .oneShot, othersFree: true)
    // One walk through all in two passes, and a step for each range that is found above.
    let once = 2 * (ranges + 1) + allocations
    return [
      Measure(
        "nodes visited for \(allocations.grouped) allocations, no max32", .atLeast,
        stated: allocations * ranges, counted: none.visits),
      Measure("nodes visited with max32 (4.20)", .atMost, stated: once, counted: shortcut.visits),
      Measure(
        "nodes visited with max32, while others free below", .atLeast, stated: allocations * ranges,
        counted: freeing.visits),
      Measure(
        "the same, with the one-shot flag (6.4)", .atMost, stated: once, counted: oneShot.visits),
      Measure(
        "attempts below 4 GiB, each time", stated: allocations, counted: freeing.attempts),
      Measure("attempts below 4 GiB, with the flag", stated: 1, counted: oneShot.attempts),
    ]
  }

  /// Allocations of two pages by a 64-bit device, where the 32-bit space is full of single ones.
  private static func futileVisits(
    _ knobs: Knobs, _ revision: Revision, _ workaround: MaskedDevice.Workaround, othersFree: Bool
  ) throws -> (visits: Int, attempts: Int) {
    let boundary = UInt64(knobs[.ranges]) + 1
    let low = AddressLimit(PFN(boundary - 1))
    let domain = try IOVADomain.forClaim(revision, boundary: boundary)
    while domain.allocate(1, below: low, aligned: true, on: CPU(0)) != nil {}
    var device = MaskedDevice(in: domain, workaround)
    device.mask = 1 << 48 - 1
    var visits = 0
    for number in 0..<knobs[.allocations] {
      if othersFree {
        // The range just below the boundary and the one at the bottom in turn.
        domain.free(PFN(number % 2 == 0 ? boundary - 1 : 1), on: CPU(0))
        _ = domain.allocate(1, below: low, aligned: true, on: CPU(0))
      }
      visits += domain.visits { _ = device.allocate(2) }
    }
    return (visits, device.lowAttempts)
  }

  static let maskOrder = Claim(
    "C18", "low 4 GiB reserved: nothing before the mask is set",
    [(.maps, 100)]
  ) { knobs in
    let maps = knobs[.maps]
    let domain = try IOVADomain.forClaim(.linux6_12)
    domain.reserve(PFNRange(PFN(1), through: PFN(Simulated.boundary - 1)), on: CPU(0))
    var device = MaskedDevice(in: domain, .oneShot)
    let before = successes(maps, of: &device)
    device.mask = .max
    let after = successes(maps, of: &device)
    var forced = MaskedDevice(in: domain, .oneShot, forcesHigh: true)
    var older = MaskedDevice(in: domain, .each)
    (forced.mask, older.mask) = (.max, .max)
    _ = successes(maps, of: &forced)
    _ = successes(maps, of: &older)
    return [
      Measure(
        "of \(maps.grouped) allocations succeed, mask of 32 bits", stated: 0,
        counted: before),
      Measure(
        "of \(maps.grouped) succeed, once the driver has set its mask", stated: maps, counted: after
      ),
      Measure(
        "attempts below 4 GiB, forcedac set before the probe", stated: 0,
        counted: forced.lowAttempts),
      Measure(
        "attempts below, forcedac set after the probe (6.4)", stated: 1, counted: device.lowAttempts
      ),
      Measure(
        "attempts below, set after the probe, up to 6.3", stated: maps, counted: older.lowAttempts),
    ]
  }

  private static func successes(_ maps: Int, of device: inout MaskedDevice) -> Int {
    (0..<maps).count { _ in device.allocate(1) != nil }
  }
}
