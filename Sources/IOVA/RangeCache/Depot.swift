/// The full magazines of one size class, last in, first out; guarded by D.
package struct Depot: ~Copyable {
  package let magazineCapacity: Int
  package private(set) var top: Magazine?
  package private(set) var length = 0
  /// The most magazines that it ever held.
  package private(set) var peak = 0
  /// Entries of the last magazine that left without being full; nil if each was full, as it should
  /// be.
  package private(set) var partial: Int?
  /// Whether the trim worker is armed.
  package var isTrimPending = false
  /// Whether a magazine that leaves keeps its link; for fault R18 only.
  private let keepsLinks: Bool

  package init(magazineCapacity: Int, keepsLinks: Bool = false) {
    self.magazineCapacity = magazineCapacity
    self.keepsLinks = keepsLinks
  }

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
    giveOut(magazine)
    return magazine
  }

  /// Takes the top magazine if it is the one seen before, and leaves what was then below it; for
  /// fault StaleTop only.
  mutating func fetch(_ seen: Magazine, above below: Magazine?) -> Magazine? {
    guard top == seen else { return fetch() }
    top = below
    giveOut(seen)
    return seen
  }

  /// Turns the link of a magazine that leaves back into its count (rule 58).
  private mutating func giveOut(_ magazine: Magazine) {
    length -= 1
    // As an address it would be a count far beyond the entries. Here it is the number of the
    // magazine that it leads to, from the bottom; 0 is none.
    let link = max(0, min(length, magazineCapacity))
    magazine.restoreCount(keepsLinks ? link : magazineCapacity)
    if !magazine.isFull(magazineCapacity) { partial = magazine.count }
  }

  /// Resets the counts, once all magazines are out.
  mutating func forget() {
    peak = 0
    partial = nil
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
