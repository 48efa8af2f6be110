/// What the hardware of one domain remembers: translations, and the first-level entries that led to
/// them.
///
/// Forgets nothing by itself until it is full, and then evicts the oldest entry: software that
/// relies on more being forgotten is wrong. Has no lock.
struct IOTLB {
  private struct Entry {
    var page: UInt64
    var translation: PageTranslation
  }

  private struct Walk {
    var mebibyte: UInt64
    var first: Descriptor
  }

  /// The capacity for translations, and again for first-level entries.
  static let capacity = 64
  static let walkCapacity = 16

  private var entries: [Entry] = []
  private var walks: [Walk] = []

  init() {
    entries.reserveCapacity(IOTLB.capacity)
    walks.reserveCapacity(IOTLB.walkCapacity)
  }

  /// The translation of a page; nil if none is remembered. O(entries)
  func translation(of page: UInt64) -> PageTranslation? {
    entries.first { $0.page == page }?.translation
  }

  /// The first-level entry of a MiB; nil if none is remembered. O(entries)
  func walk(through mebibyte: UInt64) -> Descriptor? {
    walks.first { $0.mebibyte == mebibyte }?.first
  }

  mutating func learn(_ page: UInt64, _ translation: PageTranslation) {
    if entries.count == IOTLB.capacity { entries.removeFirst() }
    entries.append(Entry(page: page, translation: translation))
  }

  mutating func learn(walkThrough mebibyte: UInt64, _ first: Descriptor) {
    if walks.count == IOTLB.walkCapacity { walks.removeFirst() }
    walks.append(Walk(mebibyte: mebibyte, first: first))
  }

  /// Forgets the translations of a range, and the walks through its MiB.
  mutating func forget(_ range: DMARange) {
    entries.removeAll { range.overlaps(IOTLB.range(ofPage: $0.page)) }
    walks.removeAll { range.overlaps(IOTLB.range(ofMebibyte: $0.mebibyte)) }
  }

  mutating func forgetEverything() {
    entries.removeAll(keepingCapacity: true)
    walks.removeAll(keepingCapacity: true)
  }

  /// The lowest page of a range that is remembered; nil if none is. O(entries)
  func page(in range: DMARange) -> UInt64? {
    entries.lazy.map(\.page).filter { range.overlaps(IOTLB.range(ofPage: $0)) }.min()
  }

  /// Calls `body` with each remembered walk through the MiB of a range.
  func forEachWalk(in range: DMARange, _ body: (UInt64, Descriptor) -> Void) {
    for walk in walks where range.overlaps(IOTLB.range(ofMebibyte: walk.mebibyte)) {
      body(walk.mebibyte, walk.first)
    }
  }

  private static func range(ofPage page: UInt64) -> DMARange {
    DMARange(DMAAddress(page << BlockSize.small.shift), bytes: BlockSize.small.bytes)
  }

  private static func range(ofMebibyte mebibyte: UInt64) -> DMARange {
    DMARange(DMAAddress(mebibyte << BlockSize.section.shift), bytes: BlockSize.section.bytes)
  }
}
