import IOVA

/// Rule 7: an aligned range begins at a multiple of its size rounded up to a power of two.
enum NaturalAlignment {
  /// The bits that are 0 in such a multiple. Above 2^63 pages all of them, since 0 is the only
  /// multiple of 2^64.
  @inline(__always)
  static func lowBits(_ pages: UInt64) -> UInt64 {
    pages <= 1 ? 0 : UInt64.max &>> UInt64((pages &- 1).leadingZeroBitCount)
  }

  /// What is wrong with the first pfn of a range; nil if nothing.
  @inline(__always)
  static func mistake(_ lo: PFN, _ pages: UInt64) -> String? {
    let bits = lowBits(pages)
    if lo.raw & bits == 0 { return nil }
    return told("\(lo) is not a multiple of " + (bits == .max ? "2^64" : "\(bits + 1)"))
  }
}
