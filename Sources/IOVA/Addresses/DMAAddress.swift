/// An address as a device sees it, in bytes: what page tables translate.
@frozen
public struct DMAAddress: Hashable, Comparable, Sendable {
  public let raw: UInt64

  @inlinable
  public init(_ raw: UInt64) { self.raw = raw }

  @inlinable
  public static func < (a: DMAAddress, b: DMAAddress) -> Bool { a.raw < b.raw }
}

extension DMAAddress: CustomStringConvertible {
  public var description: String { "0x" + String(raw, radix: 16) }
}

/// A nonempty run of device addresses, in bytes; both ends inclusive.
@frozen
public struct DMARange: Hashable, Sendable {
  public let lo: DMAAddress
  public let hi: DMAAddress

  /// - Parameter bytes: at least 1; the range may end at the highest address, not beyond.
  @inlinable
  public init(_ lo: DMAAddress, bytes: UInt64) {
    precondition(bytes > 0, "a range of device addresses is not empty")
    self.lo = lo
    hi = DMAAddress(lo.raw + (bytes - 1))
  }

  @inlinable
  public func overlaps(_ other: DMARange) -> Bool { lo <= other.hi && other.lo <= hi }

  @inlinable
  public func contains(_ other: DMARange) -> Bool { lo <= other.lo && other.hi <= hi }
}

extension DMARange: CustomStringConvertible {
  public var description: String { "\(lo)...\(hi)" }
}
