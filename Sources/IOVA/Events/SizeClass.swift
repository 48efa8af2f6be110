/// The classes of ranges that are cached: class k holds ranges of exactly 2^k pages (rule 45).
package enum SizeClass {
  /// Linux: 6, so 1 to 32 pages.
  package static let count = 6

  /// The class of a size, rounded up; nil if it is never cached.
  @inline(__always)
  static func of(_ pages: UInt64) -> Int? {
    let log = pages.logRoundedUp
    return log < count ? log : nil
  }
}
