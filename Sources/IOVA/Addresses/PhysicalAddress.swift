/// An address of memory as the CPU and a table walker see it, in bytes.
@frozen
public struct PhysicalAddress: Hashable, Comparable, Sendable {
  public let raw: UInt64

  @inlinable
  public init(_ raw: UInt64) { self.raw = raw }

  @inlinable
  public static func < (a: PhysicalAddress, b: PhysicalAddress) -> Bool { a.raw < b.raw }

  @inlinable
  public static func + (address: PhysicalAddress, bytes: UInt64) -> PhysicalAddress {
    PhysicalAddress(address.raw &+ bytes)
  }
}

extension PhysicalAddress: CustomStringConvertible {
  public var description: String { "0x" + String(raw, radix: 16) }
}
