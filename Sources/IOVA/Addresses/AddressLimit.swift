/// The highest page that a request may reach, made explicit: the callers' limit is inclusive, the
/// tree's is exclusive.
@frozen
public struct AddressLimit: Hashable, Sendable {
  /// The highest pfn allowed.
  public let inclusive: PFN

  /// A limit of `highest`, inclusive. It can't be the highest pfn of all, where the anchor stands.
  @inlinable
  public init(_ highest: PFN) {
    precondition(highest.raw != .max, "a limit leaves the highest pfn to the anchor")
    inclusive = highest
  }

  /// The first pfn that is out of reach.
  @inlinable
  public var exclusive: UInt64 { inclusive.raw + 1 }
}

extension AddressLimit: CustomStringConvertible {
  public var description: String { "\(inclusive)" }
}
