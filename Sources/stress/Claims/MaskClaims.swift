import IOVA

/// The effects of masks, and of trying below 4 GiB first.
extension Claim {
  static let futileAttempts = Claim(
    "C16", "futile attempts below 4 GiB no longer walk all ranges",
    [(.ranges, 2000), (.allocations, 1000)]
  ) { knobs in
    let (ranges, allocations) = (knobs[.ranges], knobs[.allocations])
    var trying = Revision.linux6_12
    trying.dma.alwaysTriesLow = true
    var unaware = trying
    unaware.search.shortcut = .none
    let none = try futileVisits(knobs, unaware, othersFree: false)
    let shortcut = try futileVisits(knobs, trying, othersFree: false)
    let freeing = try futileVisits(knobs, trying, othersFree: true)
    let oneShot = try futileVisits(knobs, .linux6_12, othersFree: true)
    // One search of all ranges in two passes, and a step for each range that is found above.
    let once = 2 * (ranges + 1) + allocations
    return [
      Measure(
        "nodes visited for \(allocations.of("allocation")), no max32", .atLeast,
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

  /// Mappings of two pages for a 64-bit device, while the 32-bit space is full of single pages.
  private static func futileVisits(
    _ knobs: Knobs, _ revision: Revision, othersFree: Bool
  ) throws -> (visits: Int, attempts: Int) {
    let boundary = UInt64(knobs[.ranges]) + 1
    let low = AddressLimit(PFN(boundary - 1))
    let domain = try IOVADomain.forClaim(
      revision, boundary: boundary, devices: [DMADevice(mask: DMADevice.widestMask)])
    while domain.allocate(1, below: low, aligned: true, on: CPU(0)) != nil {}
    var visits = 0
    for number in 0..<knobs[.allocations] {
      if othersFree {
        // Frees the range just below the boundary and the one at the bottom in turn.
        domain.free(PFN(number % 2 == 0 ? boundary - 1 : 1), on: CPU(0))
        _ = domain.allocate(1, below: low, aligned: true, on: CPU(0))
      }
      visits += domain.visits { _ = domain.map(2, device: 0) }
    }
    return (visits, Int(domain.counters.lowAttempts))
  }

  static let maskOrder = Claim(
    "C18", "low 4 GiB reserved: nothing before the mask is set",
    [(.maps, 100)]
  ) { knobs in
    let maps = knobs[.maps]
    let usual = try mappings(maps, .linux6_12)
    let forced = try mappings(maps, .linux6_12, forced: true)
    let older = try mappings(maps, .linux6_1)
    let streaming = try withOneMask(.streaming, maps)
    let coherent = try withOneMask(.coherent, maps)
    return [
      Measure(
        "of \(maps.of("allocation")) succeed, mask of 32 bits", stated: 0,
        counted: usual.before),
      Measure(
        "of \(maps.grouped) succeed, once the driver has set its mask", stated: maps,
        counted: usual.after),
      Measure(
        "attempts below 4 GiB, forcedac set before the probe", stated: 0,
        counted: forced.attempts),
      Measure(
        "attempts below, forcedac set after the probe (6.4)", stated: 1, counted: usual.attempts),
      Measure(
        "attempts below, set after the probe, up to 6.3", stated: maps, counted: older.attempts),
      Measure(
        "of \(maps.grouped) mappings succeed, only the streaming mask set", stated: maps,
        counted: streaming.mapped),
      Measure("coherent allocations, the same", stated: 0, counted: streaming.allocated),
      Measure("mappings, only the coherent mask set", stated: 0, counted: coherent.mapped),
      Measure("coherent allocations, the same", stated: maps, counted: coherent.allocated),
    ]
  }

  /// Mappings and coherent allocations of a page that succeed in a domain without 32-bit addresses,
  /// for a driver that sets one mask and not the other.
  private static func withOneMask(
    _ mask: DMAMask, _ count: Int
  ) throws -> (mapped: Int, allocated: Int) {
    let domain = try IOVADomain.forClaim(.linux6_12, devices: [DMADevice()])
    domain.reserve(PFNRange(PFN(1), through: PFN(Simulated.boundary - 1)), on: CPU(0))
    domain.setMask(DMADevice.widestMask, of: 0, mask, on: CPU(0))
    let mapped = (0..<count).count { _ in domain.map(1, device: 0) != nil }
    let allocated = (0..<count).count { _ in
      domain.allocateCoherent(1, at: PhysicalAddress(1 << 31), device: 0, on: CPU(0)) != nil
    }
    return (mapped, allocated)
  }

  /// Mappings of a page in a domain without 32-bit addresses, before and after the device's driver
  /// sets the mask; and attempts below 4 GiB although the device could use a higher address.
  private static func mappings(
    _ maps: Int, _ revision: Revision, forced: Bool = false
  ) throws -> (before: Int, after: Int, attempts: Int) {
    let device = DMADevice(forcesWideAddresses: forced)
    let domain = try IOVADomain.forClaim(revision, devices: [device])
    domain.reserve(PFNRange(PFN(1), through: PFN(Simulated.boundary - 1)), on: CPU(0))
    let before = (0..<maps).count { _ in domain.map(1, device: 0) != nil }
    domain.setMask(DMADevice.widestMask, of: 0, on: CPU(0))
    let after = (0..<maps).count { _ in domain.map(1, device: 0) != nil }
    return (before, after, Int(domain.counters.lowAttempts))
  }
}

extension IOVADomain {
  /// Maps a buffer, wherever that lies.
  fileprivate func map(_ pages: UInt64, device: Int) -> PFN? {
    map(pages, to: PhysicalAddress(1 << 31), .readWrite, device: device, on: CPU(0))
  }
}
