import IOVA
import Synchronization

/// Where every range is, and whose every page is: one atomic word for each, so that real threads
/// can keep it.
///
/// The ghost state of the laws. A range moves only along the lawful edges: free → held → parked →
/// held … → free, and held → queued → held; a page is claimed by the caller that got it and given
/// up by the one that frees it.
final class PageLedger: @unchecked Sendable {
  /// Where a range is.
  enum Place: UInt64 {
    case free, held, parked, queued
  }

  /// What is known of the range that begins at a pfn: place, class, length, packed in a word, and
  /// unpacked only where somebody asks.
  struct Entry: Equatable {
    let word: UInt64

    var place: Place { Place(rawValue: word & 3) ?? .free }
    var sizeClass: UInt64 { word &>> 2 & 63 }
    var pages: UInt64 { word &>> 8 }

    @inline(__always)
    init(_ place: Place, sizeClass: UInt64 = 0, pages: UInt64 = 0) {
      word = place.rawValue | sizeClass &<< 2 | pages &<< 8
    }

    @inline(__always)
    init(word: UInt64) { self.word = word }

    @inline(__always)
    func isIn(_ place: Place) -> Bool { word & 3 == place.rawValue }
  }

  /// What pages are marked as: whether any of them is.
  struct Marks {
    var isOwned = false
    var isReserved = false
  }

  /// Pages of address space behind one leaf.
  private static let leafPages: UInt64 = 64
  /// Slots for leaves, a power of two; half of them may be used.
  private static let capacity = 1 << 16

  /// 64 entries, a word of owned bits, a word of reserved bits.
  private struct Leaf {
    let words: UnsafeMutablePointer<Atomic<UInt64>>
    static let owned = Int(PageLedger.leafPages)
    static let reserved = owned + 1
    static let count = owned + 2

    @inline(__always)
    func cell(_ lo: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
      words + Int(truncatingIfNeeded: lo % PageLedger.leafPages)
    }

    @inline(__always)
    func marks(_ mask: UInt64) -> Marks {
      let owned = words[Leaf.owned].load(ordering: .relaxed)
      let reserved = words[Leaf.reserved].load(ordering: .relaxed)
      return Marks(isOwned: owned & mask != 0, isReserved: reserved & mask != 0)
    }
  }

  private let keys: UnsafeMutablePointer<Atomic<UInt64>>
  private let leaves: UnsafeMutablePointer<Atomic<UInt>>
  /// The slots in use, in the order in which they were taken, so that forgetting costs what was
  /// touched.
  private let order: UnsafeMutablePointer<Atomic<Int>>
  private let used = Atomic<Int>(0)
  private let overflowed = Atomic<Bool>(false)
  /// Leaves of earlier domains, all zero; only taken from while somebody runs.
  @exclusivity(unchecked) private var spares: [UnsafeMutablePointer<Atomic<UInt64>>] = []
  private let spareCount = Atomic<Int>(0)

  /// Whether several threads keep it at once; one needs no atomic changes, which cost most.
  private let isShared: Bool
  /// The leaf that was found last, and its key, unless several threads keep the ledger: ranges of
  /// one program are near each other.
  @exclusivity(unchecked) private var lastKey = UInt64.max
  @exclusivity(unchecked) private var lastWords: UnsafeMutablePointer<Atomic<UInt64>>
  private let noWords: UnsafeMutablePointer<Atomic<UInt64>>

  /// Whether there was no room for some page: nothing it says is worth anything then.
  var isOverflowed: Bool { overflowed.load(ordering: .relaxed) }

  init(isShared: Bool) {
    self.isShared = isShared
    // Of no key, and never looked into.
    lastWords = Self.newLeaf()
    noWords = lastWords
    order = .allocate(capacity: Self.capacity)
    keys = .allocate(capacity: Self.capacity)
    leaves = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity {
      (keys + index).initialize(to: Atomic(0))
      (leaves + index).initialize(to: Atomic(0))
      (order + index).initialize(to: Atomic(0))
    }
  }

  deinit {
    for index in 0..<Self.capacity {
      if let leaf = UnsafeMutableRawPointer(bitPattern: leaves[index].load(ordering: .relaxed)) {
        leaf.deallocate()
      }
    }
    for spare in spares { spare.deallocate() }
    noWords.deallocate()
    keys.deallocate()
    leaves.deallocate()
    order.deallocate()
  }

  /// Forgets everything; only when nobody runs. Costs what was touched.
  func reset() {
    if used.load(ordering: .relaxed) == 0, !isOverflowed { return }
    spares.removeLast(spares.count - max(spareCount.load(ordering: .relaxed), 0))
    for number in 0..<min(used.load(ordering: .relaxed), Self.capacity) {
      let index = order[number].load(ordering: .relaxed)
      keys[index].store(0, ordering: .relaxed)
      guard let leaf = leaf(at: index) else { continue }
      leaf.words.withMemoryRebound(to: UInt64.self, capacity: Leaf.count) {
        $0.update(repeating: 0, count: Leaf.count)
      }
      leaves[index].store(0, ordering: .relaxed)
      spares.append(leaf.words)
    }
    lastKey = .max
    spareCount.store(spares.count, ordering: .releasing)
    used.store(0, ordering: .relaxed)
    overflowed.store(false, ordering: .relaxed)
  }

  // MARK: Ranges

  @inline(__always)
  func entry(_ lo: UInt64) -> Entry {
    guard let leaf = find(Self.key(lo)) else { return Entry(.free) }
    return Entry(word: leaf.cell(lo).pointee.load(ordering: .relaxed))
  }

  /// Sets what is known of a range; returns what was known.
  @inline(__always)
  func exchange(_ lo: UInt64, _ entry: Entry) -> Entry {
    guard let leaf = find(Self.key(lo), orMake: true) else { return Entry(.free) }
    return Entry(word: exchange(leaf.cell(lo), entry.word))
  }

  /// Moves a range of a length that is kept; returns what was known.
  @inline(__always)
  func move(_ lo: UInt64, to place: Place, sizeClass: UInt64 = 0) -> Entry {
    guard let leaf = find(Self.key(lo), orMake: true) else { return Entry(.free) }
    let cell = leaf.cell(lo)
    let before = Entry(word: cell.pointee.load(ordering: .relaxed))
    _ = exchange(cell, Entry(place, sizeClass: sizeClass, pages: before.pages).word)
    return before
  }

  @inline(__always)
  private func exchange(_ cell: UnsafeMutablePointer<Atomic<UInt64>>, _ word: UInt64) -> UInt64 {
    if isShared { return cell.pointee.exchange(word, ordering: .acquiringAndReleasing) }
    let old = cell.pointee.load(ordering: .relaxed)
    cell.pointee.store(word, ordering: .relaxed)
    return old
  }

  // MARK: Pages

  /// Marks pages as owned by a caller; returns what they were marked as before.
  @inline(__always)
  func claim(_ range: PFNRange) -> Marks {
    guard let (key, mask) = place(range) else { return claimFromSeveral(range) }
    guard let leaf = find(key, orMake: true) else { return Marks() }
    let reserved = (leaf.words + Leaf.reserved).pointee.load(ordering: .relaxed)
    let owned = change(leaf.words + Leaf.owned, mask, true)
    return Marks(isOwned: owned & mask != 0, isReserved: reserved & mask != 0)
  }

  @inline(never)
  private func claimFromSeveral(_ range: PFNRange) -> Marks {
    let isReserved = marksOfSeveral(range).isReserved
    return Marks(isOwned: markSeveral(range, Leaf.owned, true).any, isReserved: isReserved)
  }

  /// Marks pages as not owned; returns whether any and whether all were owned before.
  @inline(__always)
  @discardableResult
  func giveUp(_ range: PFNRange) -> (any: Bool, all: Bool) {
    guard let (key, mask) = place(range) else { return markSeveral(range, Leaf.owned, false) }
    guard let leaf = find(key, orMake: true) else { return (false, true) }
    let old = change(leaf.words + Leaf.owned, mask, false)
    return (old & mask != 0, old & mask == mask)
  }

  /// Marks pages as reserved.
  func reserve(_ range: PFNRange) { _ = markSeveral(range, Leaf.reserved, true) }

  /// Whether a page of the range is reserved.
  func isReserved(_ range: PFNRange) -> Bool { marks(of: range).isReserved }

  /// What the pages of a range are marked as.
  @inline(__always)
  func marks(of range: PFNRange) -> Marks {
    guard let (key, mask) = place(range) else { return marksOfSeveral(range) }
    guard let leaf = find(key) else { return Marks() }
    return leaf.marks(mask)
  }

  @inline(never)
  private func marksOfSeveral(_ range: PFNRange) -> Marks {
    var marks = Marks()
    forEachLeaf(range, orMake: false) { leaf, mask in
      let more = leaf.marks(mask)
      if more.isOwned { marks.isOwned = true }
      if more.isReserved { marks.isReserved = true }
    }
    return marks
  }

  /// Sets or clears a bit of each page; returns whether any and whether all were set before.
  @inline(never)
  private func markSeveral(_ range: PFNRange, _ word: Int, _ set: Bool) -> (any: Bool, all: Bool) {
    var anyWereSet = false
    var allWereSet = true
    forEachLeaf(range, orMake: true) { leaf, mask in
      let old = change(leaf.words + word, mask, set)
      if old & mask != 0 { anyWereSet = true }
      if old & mask != mask { allWereSet = false }
    }
    return (anyWereSet, allWereSet)
  }

  /// Sets or clears bits; returns what was there.
  @inline(__always)
  private func change(
    _ cell: UnsafeMutablePointer<Atomic<UInt64>>, _ mask: UInt64, _ set: Bool
  ) -> UInt64 {
    if isShared {
      return set
        ? cell.pointee.bitwiseOr(mask, ordering: .acquiringAndReleasing).oldValue
        : cell.pointee.bitwiseAnd(~mask, ordering: .acquiringAndReleasing).oldValue
    }
    let old = cell.pointee.load(ordering: .relaxed)
    cell.pointee.store(set ? old | mask : old & ~mask, ordering: .relaxed)
    return old
  }

  /// The most pages of one range that are kept; no command asks for more.
  private static let mostPages: UInt64 = 1 << 16

  /// The key of the one leaf that a range is in, and the bits of its pages; nil if it is in
  /// several, or in one as a whole.
  @inline(__always)
  private func place(_ range: PFNRange) -> (key: UInt64, mask: UInt64)? {
    let bit = range.lo.raw % Self.leafPages
    let above = range.hi.raw &- range.lo.raw
    guard above < Self.leafPages - 1, bit &+ above < Self.leafPages else { return nil }
    return (Self.key(range.lo.raw), (2 &<< above &- 1) &<< bit)
  }

  private func forEachLeaf(_ range: PFNRange, orMake: Bool, _ body: (Leaf, UInt64) -> Void) {
    var pfn = range.lo.raw
    let last = min(range.hi.raw, pfn &+ (Self.mostPages - 1))
    while pfn <= last {
      let bit = pfn % Self.leafPages
      let count = min(Self.leafPages - bit, last - pfn + 1)
      let mask = (count == 64 ? UInt64.max : (1 << count) - 1) << bit
      if let leaf = find(pfn / Self.leafPages, orMake: orMake) { body(leaf, mask) }
      let (next, overflow) = pfn.addingReportingOverflow(count)
      if overflow { return }
      pfn = next
    }
  }

  // MARK: Leaves

  @inline(__always)
  private static func key(_ lo: UInt64) -> UInt64 { lo / leafPages }

  private func leaf(at index: Int) -> Leaf? {
    let address = leaves[index].load(ordering: .acquiring)
    return UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: address).map(Leaf.init)
  }

  /// The leaf of a key; nil if there is none and none is wanted, or if the table is full.
  @inline(__always)
  private func find(_ key: UInt64, orMake: Bool = false) -> Leaf? {
    if key == lastKey { return Leaf(words: lastWords) }
    return findElsewhere(key, orMake: orMake)
  }

  @inline(never)
  private func findElsewhere(_ key: UInt64, orMake: Bool) -> Leaf? {
    let leaf = search(key, orMake: orMake)
    if !isShared, let leaf {
      lastKey = key
      lastWords = leaf.words
    }
    return leaf
  }

  private func search(_ key: UInt64, orMake: Bool) -> Leaf? {
    let tag = key &+ 1
    var index = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 40) & (Self.capacity - 1)
    for _ in 0..<Self.capacity {
      let found = keys[index].load(ordering: .acquiring)
      if found == tag { return leaf(at: index) ?? makeLeaf(at: index) }
      if found == 0 {
        guard orMake else { return nil }
        guard used.load(ordering: .relaxed) < Self.capacity / 2 else {
          overflowed.store(true, ordering: .relaxed)
          return nil
        }
        if !isShared {
          keys[index].store(tag, ordering: .relaxed)
          let number = used.load(ordering: .relaxed)
          used.store(number + 1, ordering: .relaxed)
          order[number].store(index, ordering: .relaxed)
          return makeLeaf(at: index)
        }
        let (won, other) = keys[index].compareExchange(
          expected: 0, desired: tag, ordering: .acquiringAndReleasing)
        if won {
          let number = used.add(1, ordering: .relaxed).oldValue
          order[number].store(index, ordering: .relaxed)
          return leaf(at: index) ?? makeLeaf(at: index)
        }
        if other == tag { return leaf(at: index) ?? makeLeaf(at: index) }
      }
      index = (index + 1) & (Self.capacity - 1)
    }
    return nil
  }

  /// Puts a leaf into its slot; the loser of a race takes the winner's.
  private func makeLeaf(at index: Int) -> Leaf? {
    let words = takeSpare() ?? Self.newLeaf()
    if !isShared {
      leaves[index].store(UInt(bitPattern: words), ordering: .relaxed)
      return Leaf(words: words)
    }
    let (won, other) = leaves[index].compareExchange(
      expected: 0, desired: UInt(bitPattern: words), ordering: .acquiringAndReleasing)
    if won { return Leaf(words: words) }
    words.deallocate()
    return UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: other).map(Leaf.init)
  }

  private func takeSpare() -> UnsafeMutablePointer<Atomic<UInt64>>? {
    let left: Int
    if isShared {
      left = spareCount.subtract(1, ordering: .acquiringAndReleasing).newValue
    } else {
      left = spareCount.load(ordering: .relaxed) - 1
      spareCount.store(left, ordering: .relaxed)
    }
    return left >= 0 ? spares[left] : nil
  }

  private static func newLeaf() -> UnsafeMutablePointer<Atomic<UInt64>> {
    let words = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: Leaf.count)
    for word in 0..<Leaf.count { (words + word).initialize(to: Atomic(0)) }
    return words
  }
}
