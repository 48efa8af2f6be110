/// A fingerprint of every pfn that a workload was given, in order: equal values mean equal
/// placement decisions.
///
/// FNV-1a over whole 64-bit words; a failed allocation counts as 0.
struct Checksum: Hashable, Sendable {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  @inline(__always)
  mutating func mix(_ pfn: UInt64) {
    value = (value ^ pfn) &* 0x100_0000_01B3
  }
}
