import IOVA

/// Who has a range, or says so.
package struct Holder: Hashable, Sendable {
  let range: PFNRange
  /// As it is printed: `held by a0`.
  let name: String
  /// Whether it has one range of the tree; reservations that overlap become one, or several.
  let isExact: Bool

  package init(_ range: PFNRange, _ name: String, isExact: Bool = true) {
    self.range = range
    self.name = name
    self.isExact = isExact
  }

  /// Its name, and its range if that begins elsewhere than the one in the tree, or is more.
  func text(for other: PFNRange) -> String {
    !isExact || range.lo == other.lo && range.hi <= other.hi ? name : "\(name) (\(range))"
  }
}
