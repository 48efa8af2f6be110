/// A stack of pfns of one size class.
///
/// A reference to memory of `1 + capacity` words: a count, then the entries; with 127 entries that
/// is 1,024 bytes. In a depot, where every magazine is full, the first word links to the next one
/// (rule 58). Guarded by the lock of the CPU cache or depot that holds it. The corresponding Linux
/// name is `iova_magazine`.
package struct Magazine: Equatable {
  private let words: UnsafeMutablePointer<UInt64>

  /// An empty magazine.
  package init(capacity: Int) {
    words = .allocate(capacity: capacity + 1)
    words.initialize(repeating: 0, count: capacity + 1)
  }

  /// Bytes that a magazine uses: the count and the entries.
  package static func bytesUsed(capacity: Int) -> Int { (capacity + 1) * 8 }

  /// Bytes that a magazine takes from an allocator that serves powers of two (rule 47).
  package static func bytes(capacity: Int) -> Int {
    Int(UInt64(bytesUsed(capacity: capacity)).roundedUpToPowerOfTwo)
  }

  package func release() { words.deallocate() }

  package var count: Int {
    @inline(__always) get { Int(truncatingIfNeeded: words[0]) }
  }

  package var isEmpty: Bool {
    @inline(__always) get { words[0] == 0 }
  }

  @inline(__always)
  package func isFull(_ capacity: Int) -> Bool { count == capacity }

  package subscript(index: Int) -> UInt64 { words[index + 1] }

  @inline(__always)
  package func push(_ pfn: UInt64) {
    words[0] &+= 1
    words[Int(truncatingIfNeeded: words[0])] = pfn
  }

  /// Takes the newest entry that is at most `limit`; the last one moves into its place (rule 52).
  ///
  /// - Parameter limit: inclusive, for the range's lowest pfn.
  /// - Returns: nil if no entry is low enough; Linux returns 0. O(capacity)
  @inline(__always)
  package func pop(upTo limit: UInt64, scan: CacheRules.PopScan) -> UInt64? {
    let count = count
    var index = count
    while index > 0 {
      let entry = words[index]
      if entry <= limit {
        words[index] = words[count]
        words[0] = UInt64(truncatingIfNeeded: count &- 1)
        return entry
      }
      if scan == .top { return nil }
      index &-= 1
    }
    return nil
  }

  package func removeAll() { words[0] = 0 }

  /// Removes the entries up to `limit`; the others keep their order. O(capacity)
  package func removeAll(upTo limit: UInt64) {
    var kept = 0
    for index in 0..<count where self[index] > limit {
      words[kept + 1] = self[index]
      kept += 1
    }
    words[0] = UInt64(kept)
  }

  /// Whether it has entries, all of them above `limit`. O(capacity), usually one check.
  package func isAbove(_ limit: UInt64) -> Bool {
    !isEmpty && (0..<count).allSatisfy { self[$0] > limit }
  }

  /// Empties it, and overwrites what was in it.
  func wipe(_ capacity: Int) { words.update(repeating: 0, count: capacity + 1) }

  // MARK: In a depot

  /// The magazine below this one in a depot; stored in place of the count.
  package var link: Magazine? {
    get { Magazine(at: UInt(words[0])) }
    nonmutating set { words[0] = newValue.map { UInt64($0.address) } ?? 0 }
  }

  /// Restores the count of a magazine that leaves a depot: it is full.
  package func restoreCount(_ capacity: Int) { words[0] = UInt64(capacity) }

  /// Identifies a magazine; 0 is no magazine's.
  var address: UInt { UInt(bitPattern: words) }

  /// The magazine at an address; nil for 0.
  init?(at address: UInt) {
    guard let words = UnsafeMutablePointer<UInt64>(bitPattern: address) else { return nil }
    self.words = words
  }
}
