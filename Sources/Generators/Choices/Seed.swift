/// The number that determines everything random in a run; prints as `0x9e3779b97f4a7c15`.
///
/// ```swift
/// let seed = Seed("0x2a")!
/// let third = seed.derived(3)          // independent of seed.derived(2), and the same tomorrow
/// ```
public struct Seed: Hashable, Sendable, CustomStringConvertible {
  /// The seed as a number.
  public var value: UInt64

  /// The seed that is this number.
  ///
  /// ```swift
  /// assert(Seed(42).description == "0x2a")
  /// ```
  @inlinable
  public init(_ value: UInt64) {
    self.value = value
  }

  /// Reads decimal, or hexadecimal after `0x`; digits may be grouped with `_`.
  ///
  /// ```swift
  /// assert(Seed("0xff_ff") == Seed(65_535) && Seed("-1") == nil)
  /// ```
  ///
  /// - Returns: `nil` for anything else and for numbers above 64 bits.
  public init?(_ text: some StringProtocol) {
    let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
    let base: UInt64 = isHexadecimal ? 16 : 10
    var value: UInt64 = 0
    var digits = 0
    for character in text.utf8.dropFirst(isHexadecimal ? 2 : 0) {
      if character == UInt8(ascii: "_"), digits > 0 { continue }
      guard let digit = Self.digit(character), digit < base else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: base)
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      value = sum
      digits += 1
    }
    guard digits > 0 else { return nil }
    self.value = value
  }

  /// The seed of part `index` of a run: unrelated to its neighbours, and stable for ever.
  ///
  /// ```swift
  /// assert(Seed(1).derived(2) == Seed(1).derived(2))
  /// assert(Seed(1).derived(2) != Seed(1).derived(3))
  /// ```
  @inlinable
  public func derived(_ index: UInt64) -> Seed {
    var outer = SplitMix64(self)
    var inner = SplitMix64(state: outer.next() ^ index)
    return Seed(inner.next())
  }

  /// Hexadecimal after `0x`, which `init(_:)` reads.
  public var description: String { "0x" + String(value, radix: 16) }

  private static func digit(_ character: UInt8) -> UInt64? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(character - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(character - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
