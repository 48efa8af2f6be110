/// The smallest page size of an IOMMU in bytes: a power of two.
@frozen
public struct Granule: Hashable, Sendable {
  public let bytes: UInt64

  /// Fails unless `bytes` is a power of two.
  public init?(bytes: UInt64) {
    guard bytes.nonzeroBitCount == 1 else { return nil }
    self.bytes = bytes
  }

  /// 4 KiB, the granule of most IOMMUs.
  public static let fourKiB = Granule(bytes: 4096)!

  /// log2 of the size in bytes.
  public var shift: UInt64 { UInt64(bytes.trailingZeroBitCount) }

  /// The first pfn beyond the 32-bit space; 2^20 for 4 KiB.
  public var boundary: UInt64 { shift >= 32 ? 1 : 1 << (32 - shift) }
}
