/// The number of a page of I/O virtual address space: an address divided by the domain's granule.
///
/// Rule 1 of the kernel's allocator: it works in pfns only.
@frozen
public struct PFN: Hashable, Comparable, Sendable {
  public var raw: UInt64

  @inlinable
  public init(_ raw: UInt64) { self.raw = raw }

  @inlinable
  public static func < (a: PFN, b: PFN) -> Bool { a.raw < b.raw }
}

extension PFN: CustomStringConvertible {
  public var description: String { "0x" + String(raw, radix: 16) }
}
