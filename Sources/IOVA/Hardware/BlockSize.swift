/// The sizes of a mapping in ARMv7 short descriptors (rule 91).
@frozen
public enum BlockSize: UInt8, CaseIterable, Hashable, Sendable {
  /// 4 KiB: one word of the second level.
  case small
  /// 64 KiB: the same descriptor in 16 words of the second level.
  case large
  /// 1 MiB: one word of the first level.
  case section
  /// 16 MiB: the same descriptor in 16 words of the first level.
  case supersection

  /// Words that a contiguous group takes.
  public static let replicas = 16

  /// log2 of the size in bytes.
  @inline(__always)
  public var shift: UInt64 { 12 + 4 * UInt64(rawValue) }

  @inline(__always)
  public var bytes: UInt64 { 1 << shift }

  /// The same in pages of 4 KiB.
  @inline(__always)
  public var pages: UInt64 { bytes >> BlockSize.small.shift }

  @inline(__always)
  public var level: TableLevel { rawValue >= BlockSize.section.rawValue ? .first : .second }

  @inline(__always)
  public var isContiguous: Bool { rawValue & 1 == 1 }

  /// Words of its level that it takes: 1 or 16.
  @inline(__always)
  public var slots: Int { isContiguous ? BlockSize.replicas : 1 }
}

extension BlockSize: CustomStringConvertible {
  public var description: String {
    switch self {
    case .small: "4K"
    case .large: "64K"
    case .section: "1M"
    case .supersection: "16M"
    }
  }
}

/// The two levels of a table (rule 89).
@frozen
public enum TableLevel: Hashable, Sendable {
  /// One word for each MiB.
  case first
  /// One word for each page of 4 KiB.
  case second

  /// Words of a table of the second level.
  public static let secondLevelSlots = 256
  /// Bytes of a table of the second level, and its alignment.
  public static let secondLevelBytes: UInt64 = 1024
  /// Bytes that a word of the first level covers, and so does a whole table of the second.
  public static let firstLevelReach: UInt64 = 1 << 20
}

extension BlockSize {
  /// The next blocks of a run: of the largest size that both addresses and the remaining length
  /// allow, and only as many as come before a larger size can be used (rule 84).
  ///
  /// - Parameter output: the physical address; the device address itself if only that matters.
  package static func blocks(
    _ iova: UInt64, _ output: UInt64, _ remaining: UInt64
  ) -> (size: BlockSize, count: Int) {
    var size = BlockSize.small
    for larger in BlockSize.allCases.dropFirst() {
      guard (iova | output) & (larger.bytes - 1) == 0, larger.bytes <= remaining else { break }
      size = larger
    }
    var bytes = remaining
    if let larger = BlockSize(rawValue: size.rawValue + 1),
      (iova ^ output) & (larger.bytes - 1) == 0
    {
      bytes = min(bytes, larger.bytes - iova & (larger.bytes - 1))
    }
    return (size, Int(bytes >> size.shift))
  }
}
