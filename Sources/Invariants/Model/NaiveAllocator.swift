import IOVA

/// A sorted array of taken ranges: an allocator simple enough to believe.
///
/// It chooses nothing; it decides whether an answer is right. Every operation is O(n).
public struct NaiveAllocator: Sendable {
  public enum Use: Sendable, Hashable {
    /// With a caller.
    case held
    /// Freed, and kept by a cache.
    case parked
    /// Freed, and kept until an invalidation has covered it.
    case queued
    case reserved
  }

  public private(set) var taken: [(range: PFNRange, use: Use)] = []

  public init() {}

  /// The position of the first range that begins at or above a pfn.
  private func position(_ lo: PFN) -> Int {
    var (low, high) = (0, taken.count)
    while low < high {
      let middle = (low + high) / 2
      if taken[middle].range.lo < lo { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Removes everything, and keeps its memory.
  mutating func removeAll() { taken.removeAll(keepingCapacity: true) }

  /// The taken range that contains a pfn; nil if none does. O(log n)
  func holder(of pfn: PFN) -> PFNRange? {
    let above = position(pfn)
    if above < taken.count, taken[above].range.lo == pfn { return taken[above].range }
    guard above > 0, taken[above - 1].range.hi >= pfn else { return nil }
    return taken[above - 1].range
  }

  /// Takes a range; if it overlaps another one, returns that one and changes nothing.
  @discardableResult
  public mutating func take(_ range: PFNRange, _ use: Use = .held) -> PFNRange? {
    let place = position(range.lo)
    if place > 0, taken[place - 1].range.overlaps(range) { return taken[place - 1].range }
    if place < taken.count, taken[place].range.overlaps(range) { return taken[place].range }
    taken.insert((range, use), at: place)
    return nil
  }

  /// Removes the range that begins at a pfn; nil if none does.
  @discardableResult
  public mutating func remove(_ lo: PFN) -> PFNRange? {
    let place = position(lo)
    guard place < taken.count, taken[place].range.lo == lo else { return nil }
    return taken.remove(at: place).range
  }

  /// Changes the state of a range; returns the previous one, or nil if no range begins there.
  @discardableResult
  public mutating func mark(_ lo: PFN, _ use: Use) -> Use? {
    let place = position(lo)
    guard place < taken.count, taken[place].range.lo == lo else { return nil }
    defer { taken[place].use = use }
    return taken[place].use
  }

  /// Takes the pages of a reservation that are still free.
  public mutating func reserve(_ range: PFNRange) {
    var gaps: [PFNRange] = []
    var lo = range.lo.raw
    for (other, _) in taken where other.overlaps(range) {
      if lo < other.lo.raw { gaps.append(PFNRange(PFN(lo), through: PFN(other.lo.raw - 1))) }
      lo = other.hi.raw + 1
    }
    if lo <= range.hi.raw { gaps.append(PFNRange(PFN(lo), through: range.hi)) }
    for gap in gaps { take(gap, .reserved) }
  }

  /// The lowest free run that fits a request; nil if there is none.
  ///
  /// - Parameter limit: inclusive.
  public func room(
    _ pages: UInt64, start: PFN, limit: AddressLimit, aligned: Bool, ignoringParked: Bool
  ) -> PFNRange? {
    let room = Room(pages: pages, start: start.raw, limit: limit.exclusive, aligned: aligned)
    var scan = RoomScan(room)
    for (range, use) in taken where !(ignoringParked && use == .parked) { scan.pass(range) }
    return scan.end()
  }
}
