/// The full magazines of one size class, last in, first out; guarded by D.
package struct Depot: ~Copyable {
  package let magazineCapacity: Int
  package private(set) var top: Magazine?
  package private(set) var length = 0
  /// The most magazines it ever held.
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

  /// Takes the top magazine if it is the one that was seen, leaving what was seen below it; for
  /// fault StaleTop alone.
  mutating func fetch(_ seen: Magazine, above below: Magazine?) -> Magazine? {
    guard top == seen else { return fetch() }
    top = below
    seen.restoreCount(magazineCapacity)
    length -= 1
    return seen
  }

  /// Forgets what was counted, once all magazines are out.
  mutating func forget() {
    peak = 0
    isTrimPending = false
  }

  /// All magazines from the top that `isKnown` says are magazines, at most one more than `length`
  /// says, so that a ring ends.
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
