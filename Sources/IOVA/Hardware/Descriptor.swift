/// One entry of an ARMv7 short-descriptor table, bit by bit (rule 90).
///
/// The memory attributes are those that Linux fills in: always shareable and not global, with AP[0]
/// as the access flag. The corresponding Linux type is `arm_v7s_iopte`.
@frozen
public struct Descriptor: Hashable, Sendable {
  public var raw: UInt32

  @inlinable
  public init(raw: UInt32) { self.raw = raw }

  public static let invalid = Descriptor(raw: 0)

  /// What an entry stands for; one without a valid type is `invalid`, whatever its other bits.
  public enum Kind: Hashable, Sendable {
    case invalid
    case table
    case block(BlockSize)
  }

  /// Bit positions, with the architecture's names; those of attributes depend on the block's size.
  private enum Bit {
    static let bufferable: UInt32 = 1 << 2
    static let cacheable: UInt32 = 1 << 3
    static let supersection: UInt32 = 1 << 18
    static let nonSecureTable: UInt32 = 1 << 3
    static let nonSecureSection: UInt32 = 1 << 19
    /// Output address bits 32, 33 and 34 of the extended format.
    static let output32: UInt32 = 1 << 9
    static let output33: UInt32 = 1 << 4
    static let output34: UInt32 = 1 << 5
  }

  /// Where the attributes of a block lie.
  private struct Layout {
    var type: UInt32
    var executeNever: UInt32
    var accessFlag: UInt32
    var user: UInt32
    var readOnly: UInt32
    var memory: UInt32
    /// Shareable, not global.
    var always: UInt32

    @inline(__always)
    init(_ size: BlockSize) {
      switch size {
      case .section, .supersection:
        type = size == .supersection ? 2 | Bit.supersection : 2
        (executeNever, memory) = (1 << 4, 1 << 12)
        (accessFlag, user, readOnly) = (1 << 10, 1 << 11, 1 << 15)
        always = 1 << 16 | 1 << 17
      case .small, .large:
        let isLarge = size == .large
        type = isLarge ? 1 : 2
        (executeNever, memory) = isLarge ? (1 << 15, 1 << 12) : (1, 1 << 6)
        (accessFlag, user, readOnly) = (1 << 4, 1 << 5, 1 << 9)
        always = 1 << 10 | 1 << 11
      }
    }
  }

  // MARK: Encoding

  /// The entry of a block at `output`, whose bits below the block's size are ignored.
  @inline(__always)
  public init(
    _ size: BlockSize, at output: PhysicalAddress, _ protection: Protection, _ quirks: TableQuirks
  ) {
    let layout = Layout(size)
    var raw = Descriptor.base(size) & UInt32(truncatingIfNeeded: output.raw)
    raw |= layout.type | layout.always
    if protection.contains(.mmio) {
      raw |= Bit.bufferable
    } else {
      raw |= layout.memory
      if protection.contains(.cache) { raw |= Bit.bufferable | Bit.cacheable }
    }
    if !quirks.contains(.noPermissions) {
      raw |= layout.accessFlag
      if !protection.contains(.privileged) { raw |= layout.user }
      if !protection.contains(.write) { raw |= layout.readOnly }
      if protection.contains(.noExecute) { raw |= layout.executeNever }
    }
    if quirks.contains(.nonSecure), size.level == .first { raw |= Bit.nonSecureSection }
    if quirks.contains(.extendedOutput) { raw |= Descriptor.outputBits(of: output) }
    self.raw = raw
  }

  /// The first-level entry that points to a table.
  ///
  /// If the address is not a multiple of 1 KiB, or is too high, bits spill over or are cut off;
  /// that is up to the caller.
  @inline(__always)
  public init(table: PhysicalAddress, _ quirks: TableQuirks) {
    raw = UInt32(truncatingIfNeeded: table.raw) | 1
    if quirks.contains(.nonSecure) { raw |= Bit.nonSecureTable }
    if quirks.contains(.extendedTables) { raw |= Descriptor.outputBits(of: table) }
  }

  @inline(__always)
  private static func outputBits(of address: PhysicalAddress) -> UInt32 {
    let high = address.raw
    return (high >> 32 & 1 != 0 ? Bit.output32 : 0) | (high >> 33 & 1 != 0 ? Bit.output33 : 0)
      | (high >> 34 & 1 != 0 ? Bit.output34 : 0)
  }

  // MARK: Decoding

  @inline(__always)
  public var isValid: Bool { raw & 3 != 0 }

  /// Whether this first-level entry points to a table.
  @inline(__always)
  public var isTable: Bool { raw & 3 == 1 }

  /// Whether this entry of `level` is one of 16 equal ones.
  @inline(__always)
  public func isContiguous(at level: TableLevel) -> Bool {
    switch level {
    case .first: raw & 3 >= 2 && raw & Bit.supersection != 0
    case .second: raw & 3 == 1
    }
  }

  @inline(__always)
  public func kind(at level: TableLevel) -> Kind {
    if !isValid { return .invalid }
    switch level {
    case .first:
      if isTable { return .table }
      return .block(raw & Bit.supersection != 0 ? .supersection : .section)
    case .second: return .block(raw & 3 == 1 ? .large : .small)
    }
  }

  /// The table that this entry points to, its address rounded down to a multiple of 1 KiB.
  @inline(__always)
  public func table(_ quirks: TableQuirks) -> PhysicalAddress {
    let low = UInt64(raw & 0xFFFF_FC00)
    return PhysicalAddress(quirks.contains(.extendedTables) ? low | highBits : low)
  }

  /// The first byte of the block that this entry maps to.
  @inline(__always)
  public func output(_ size: BlockSize, _ quirks: TableQuirks) -> PhysicalAddress {
    let low = UInt64(raw & Descriptor.base(size))
    return PhysicalAddress(quirks.contains(.extendedOutput) ? low | highBits : low)
  }

  @inline(__always)
  private var highBits: UInt64 {
    UInt64(raw >> 9 & 1) << 32 | UInt64(raw >> 4 & 1) << 33 | UInt64(raw >> 5 & 1) << 34
  }

  /// The accesses that this entry of a block permits; everything if the format has no permission
  /// bits.
  public func protection(_ size: BlockSize, _ quirks: TableQuirks) -> Protection {
    let layout = Layout(size)
    var protection: Protection = .readWrite
    if raw & layout.memory == 0 {
      protection.insert(.mmio)
    } else if raw & Bit.cacheable != 0 {
      protection.insert(.cache)
    }
    if !quirks.contains(.noPermissions) {
      if raw & layout.readOnly != 0 { protection.remove(.write) }
      if raw & layout.user == 0 { protection.insert(.privileged) }
      if raw & layout.executeNever != 0 { protection.insert(.noExecute) }
    }
    return protection
  }

  /// The address bits of a block's entry.
  @inline(__always)
  private static func base(_ size: BlockSize) -> UInt32 {
    UInt32(truncatingIfNeeded: ~(size.bytes - 1))
  }
}

extension Descriptor: CustomStringConvertible {
  /// Eight hexadecimal digits: `0x17071c0e`.
  public var description: String {
    let digits = String(raw, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
