extension UInt64 {
  /// The smallest power of two that is at least as large; 1 for 0. Up to 2^63.
  @inline(__always)
  var roundedUpToPowerOfTwo: UInt64 {
    self <= 1 ? 1 : 1 &<< UInt64(64 &- (self &- 1).leadingZeroBitCount)
  }

  /// The exponent of `roundedUpToPowerOfTwo`.
  @inline(__always)
  var logRoundedUp: Int { self <= 1 ? 0 : 64 &- (self &- 1).leadingZeroBitCount }
}
