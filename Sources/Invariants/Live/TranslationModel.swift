import IOVA
import Synchronization

/// An array of pages that anyone believes: where each leads to, and how sure that is.
///
/// A page's word is changed by whoever owns its range, or by the queue that it waits in, and read
/// by devices at any time.
final class TranslationModel: @unchecked Sendable {
  enum Certainty: UInt64 {
    /// Whoever accesses the page faults.
    case unmapped
    /// Entries are being written: it leads there, or faults.
    case comes
    /// It leads there.
    case mapped
    /// Entries were cleared, and hardware may remember them: it leads there, or faults.
    case goes
  }

  struct Page: Equatable {
    var certainty = Certainty.unmapped
    var translation = PageTranslation(output: PhysicalAddress(0), protection: [])
    /// The block that it was mapped in; splitting does not change that.
    var size = BlockSize.small

    init() {}

    init(_ certainty: Certainty, _ translation: PageTranslation, _ size: BlockSize) {
      self.certainty = certainty
      self.translation = translation
      self.size = size
    }

    fileprivate init(word: UInt64) {
      certainty = Certainty(rawValue: word & 3).unsafelyUnwrapped
      translation = PageTranslation(
        output: PhysicalAddress((word >> 8 & 0xFFFF_FFFF) << 12),
        protection: Protection(rawValue: UInt8(word >> 2 & 63)))
      size = BlockSize(rawValue: UInt8(truncatingIfNeeded: word >> 40)).unsafelyUnwrapped
    }

    fileprivate var word: UInt64 {
      let output = (translation.output.raw >> 12) << 8
      return UInt64(size.rawValue) << 40 | output
        | UInt64(translation.protection.rawValue) << 2 | certainty.rawValue
    }

    /// In the word of a page whose unmapping has returned, while hardware may remember it.
    fileprivate static let left: UInt64 = 1 << 48

    /// What the word of the next page of a run has more.
    fileprivate static let nextPage: UInt64 = 1 << 8

    /// Whether an access may end so.
    func permits(_ found: PageTranslation?) -> Bool {
      switch certainty {
      case .unmapped: found == nil
      case .mapped: found == translation
      case .comes, .goes: found == nil || found == translation
      }
    }
  }

  /// Pages that are known of; what lies above is not judged. 256 MiB
  static let pages: UInt64 = 1 << 16
  static let pagesOfMebibyte: UInt64 = 1 << 8

  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  /// By MiB, whether a page of it was ever mapped.
  private let isUsed: UnsafeMutablePointer<Atomic<Bool>>
  /// One more than the highest MiB of which a page was ever mapped.
  private let end = Atomic<UInt64>(0)

  init() {
    words = .allocate(capacity: Int(Self.pages))
    for page in 0..<Int(Self.pages) { (words + page).initialize(to: Atomic(0)) }
    isUsed = .allocate(capacity: Int(Self.pages / Self.pagesOfMebibyte))
    for mebibyte in 0..<Int(Self.pages / Self.pagesOfMebibyte) {
      (isUsed + mebibyte).initialize(to: Atomic(false))
    }
  }

  deinit {
    words.deallocate()
    isUsed.deallocate()
  }

  /// Forgets everything; only when nobody runs. O(pages of the MiB that were used)
  func reset() {
    for mebibyte in mebibytes where isUsed[Int(mebibyte)].load(ordering: .relaxed) {
      for page in Self.pages(of: mebibyte) { words[Int(page)].store(0, ordering: .relaxed) }
      isUsed[Int(mebibyte)].store(false, ordering: .relaxed)
    }
    end.store(0, ordering: .relaxed)
  }

  /// The MiB from 0 to the highest of which a page was ever mapped.
  var mebibytes: Range<UInt64> { 0..<end.load(ordering: .relaxed) }

  static func pages(of mebibyte: UInt64) -> Range<UInt64> {
    mebibyte * pagesOfMebibyte..<(mebibyte + 1) * pagesOfMebibyte
  }

  subscript(_ page: UInt64) -> Page { Page(word: word(page)) }

  /// The word of a page, to see whether it changed.
  func word(_ page: UInt64) -> UInt64 {
    page < Self.pages ? words[Int(page)].load(ordering: .acquiring) : 0
  }

  static func page(_ word: UInt64) -> Page { Page(word: word) }

  /// Whether the unmapping of a page has returned, by its word.
  static func isLeft(_ word: UInt64) -> Bool { word & Page.left != 0 }

  /// The unmapping of a range returns, and hardware may remember it.
  func leave(_ range: PFNRange) {
    for page in known(range) {
      let word = word(page)
      if word != 0 { words[Int(page)].store(word | Page.left, ordering: .releasing) }
    }
  }

  /// Entries of a range are written next.
  func begin(_ range: PFNRange, _ output: PhysicalAddress, _ protection: Protection) {
    let pages = known(range)
    var first = pages.lowerBound
    while first < pages.upperBound {
      let size = blockSize(of: first, in: range, output)
      // A page is in none of the larger blocks if its neighbours up to the next of them are not.
      let reach = (size == .small ? .large : size).pages
      let end = min(first & ~(reach - 1) + reach, pages.upperBound)
      let offset = (first - range.lo.raw) << BlockSize.small.shift
      let translation = PageTranslation(output: output + offset, protection: protection)
      var word = Page(.comes, translation, size).word
      for page in first..<end {
        words[Int(page)].store(word, ordering: .releasing)
        word += Page.nextPage
      }
      first = end
    }
    guard let last = pages.last.map({ $0 / Self.pagesOfMebibyte }) else { return }
    for mebibyte in pages.lowerBound / Self.pagesOfMebibyte...last {
      isUsed[Int(mebibyte)].store(true, ordering: .relaxed)
    }
    end.max(last + 1, ordering: .relaxed)
  }

  /// Changes how sure a range is, of the pages that are as sure as said.
  func change(_ range: PFNRange, from old: Certainty, to new: Certainty) {
    for page in known(range) {
      let word = word(page)
      guard word & 3 == old.rawValue else { continue }
      words[Int(page)].store(word & ~3 | new.rawValue, ordering: .releasing)
    }
  }

  /// Whether the pages of a MiB lead nowhere, or were mapped in a row and still are.
  func isOneRun(_ mebibyte: UInt64) -> Bool {
    guard isUsed[Int(mebibyte)].load(ordering: .relaxed) else { return true }
    let pages = Self.pages(of: mebibyte)
    let first = word(pages.lowerBound)
    let step = first == 0 ? 0 : Page.nextPage
    return pages.allSatisfy { word($0) == first &+ ($0 &- pages.lowerBound) &* step }
  }

  /// Whether nothing is known of any page of a range.
  func isUntouched(_ range: PFNRange) -> Bool { known(range).allSatisfy { word($0) == 0 } }

  /// Rule 84: the largest block that a page can be in, aligned at both ends and inside the range.
  private func blockSize(
    of page: UInt64, in range: PFNRange, _ output: PhysicalAddress
  ) -> BlockSize {
    var size = BlockSize.small
    for larger in BlockSize.allCases.dropFirst() {
      let pages = larger.pages
      let start = page & ~(pages - 1)
      let offset = range.lo.raw &- output.raw >> BlockSize.small.shift
      guard offset & (pages - 1) == 0, start >= range.lo.raw, start + pages - 1 <= range.hi.raw
      else { break }
      size = larger
    }
    return size
  }

  /// The block that a page was mapped in.
  func block(of pfn: PFN) -> PFNRange {
    let pages = self[pfn.raw].size.pages
    return PFNRange(PFN(pfn.raw & ~(pages - 1)), pages: pages)
  }

  /// Hardware knows nothing of a range any more.
  func forget(_ range: PFNRange) {
    for page in known(range) where word(page) != 0 {
      words[Int(page)].store(0, ordering: .releasing)
    }
  }

  /// Pages that are mapped. O(pages of the MiB that were used)
  var mapped: Int {
    mebibytes.reduce(0) { sum, mebibyte in
      guard isUsed[Int(mebibyte)].load(ordering: .relaxed) else { return sum }
      return sum + Self.pages(of: mebibyte).count { self[$0].certainty == .mapped }
    }
  }

  private func known(_ range: PFNRange) -> Range<UInt64> {
    min(range.lo.raw, Self.pages)..<min(range.hi.raw + 1, Self.pages)
  }
}
