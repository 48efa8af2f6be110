/// The full magazines of one size class, last in, first out; guarded by D.
package struct Depot: ~Copyable {
  package let magazineCapacity: Int
  package private(set) var top: Magazine?
  package private(set) var length = 0
  /// The most magazines that it ever held.
  package private(set) var peak = 0
  /// Whether the trim worker is armed.
  package var isTrimPending = false

  package init(magazineCapacity: Int) { self.magazineCapacity = magazineCapacity }

  /// Puts a full magazine on top.
  package mutating func store(_ magazine: Magazine) {
    magazine.link = top
    top = magazine
    length += 1
    peak = max(peak, length)
  }

  /// Takes the magazine stored last; nil if there is none.
  package mutating func fetch() -> Magazine? {
    guard let magazine = top else { return nil }
    top = magazine.link
    magazine.restoreCount(magazineCapacity)
    length -= 1
    return magazine
  }

  /// Takes the top magazine if it is the one seen before, and leaves what was then below it; for
  /// fault StaleTop only.
  mutating func fetch(_ seen: Magazine, above below: Magazine?) -> Magazine? {
    guard top == seen else { return fetch() }
    top = below
    seen.restoreCount(magazineCapacity)
    length -= 1
    return seen
  }

  /// Resets the counts, once all magazines are out.
  mutating func forget() {
    peak = 0
    isTrimPending = false
  }

  /// All magazines from the top, as far as `isKnown` accepts them, and at most one more than
  /// `length`, so that a cycle ends.
  package func magazines(_ isKnown: (Magazine) -> Bool) -> [Magazine] {
    var found: [Magazine] = []
    var cursor = top
    while let magazine = cursor, found.count <= length, isKnown(magazine) {
      found.append(magazine)
      cursor = magazine.link
    }
    return found
  }
}
