/// A translation of one page of 4 KiB, as hardware found it.
public struct PageTranslation: Hashable, Sendable {
  /// The page that it leads to, and the accesses permitted there.
  public let output: PhysicalAddress
  public let protection: Protection

  public init(output: PhysicalAddress, protection: Protection) {
    self.output = output
    self.protection = protection
  }
}
