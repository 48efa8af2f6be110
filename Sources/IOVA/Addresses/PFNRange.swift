/// A run of pages, both ends inclusive.
@frozen
public struct PFNRange: Hashable, Sendable {
  public var lo: PFN
  public var hi: PFN

  @inlinable
  public init(_ lo: PFN, through hi: PFN) {
    self.lo = lo
    self.hi = hi
  }

  /// The `pages` pages from `lo` up.
  @inlinable
  public init(_ lo: PFN, pages: UInt64) {
    self.lo = lo
    self.hi = PFN(lo.raw &+ pages &- 1)
  }

  /// The number of pages; wraps to 0 for the range of all 2^64.
  @inlinable
  public var pages: UInt64 { hi.raw &- lo.raw &+ 1 }

  @inlinable
  public func contains(_ pfn: PFN) -> Bool { lo <= pfn && pfn <= hi }

  /// What is left without `part`, the lower piece first; the whole range if there is no part.
  package func pieces(without part: PFNRange?) -> [PFNRange] {
    guard let part else { return [self] }
    var pieces: [PFNRange] = []
    if lo < part.lo { pieces.append(PFNRange(lo, through: PFN(part.lo.raw - 1))) }
    if part.hi < hi { pieces.append(PFNRange(PFN(part.hi.raw + 1), through: hi)) }
    return pieces
  }

  @inlinable
  public func overlaps(_ other: PFNRange) -> Bool { lo <= other.hi && other.lo <= hi }
}

extension PFNRange: CustomStringConvertible {
  public var description: String { lo == hi ? "\(lo)" : "\(lo)...\(hi)" }
}
