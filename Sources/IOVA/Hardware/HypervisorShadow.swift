/// What the devices of a guest read through: the entries that its hypervisor copied (rule 87).
///
/// The hypervisor looks at the guest's page table only when it is told to, and spends one resource
/// on each page that it copies, until it is told to look again and finds the page invalid. It
/// invalidates the hardware along with its copies, so that nothing else remembers any. Has no lock.
/// Not copyable: whoever looks at a page would count references.
package struct HypervisorShadow: ~Copyable {
  /// The most pages that it has resources for.
  package let limit: Int
  /// Pages that are copied.
  package private(set) var count = 0
  private let walker: TableWalker
  private var mebibytes: [Mebibyte]

  /// What is copied of a MiB: the one block that all its pages are in, or page by page.
  private struct Mebibyte {
    /// Invalid where pages are copied one by one.
    var block = Descriptor.invalid
    /// Where each page leads to; empty where none was ever copied alone.
    var pages: [PageTranslation?] = []
    /// Pages that are copied.
    var count = 0
  }

  private static let pagesOfMebibyte = UInt64(1) << 8

  /// - Parameter mebibytes: how many there are in the window of the devices.
  init(limit: Int, _ walker: TableWalker, mebibytes: Int) {
    self.limit = limit
    self.walker = walker
    self.mebibytes = Array(repeating: Mebibyte(), count: mebibytes)
  }

  /// Where a page leads to; nil if it is not copied. O(1)
  package func translation(of page: UInt64) -> PageTranslation? {
    let place = Int(page / Self.pagesOfMebibyte)
    guard place < mebibytes.count, mebibytes[place].count > 0 else { return nil }
    return mebibytes[place].block == .invalid
      ? mebibytes[place].pages[Int(page % Self.pagesOfMebibyte)]
      : translation(of: page, in: mebibytes[place].block)
  }

  /// Whether none of some pages is copied. O(pages)
  func isEmpty(_ pages: PFNRange) -> Bool {
    for page in pages.lo.raw...pages.hi.raw where translation(of: page) != nil { return false }
    return true
  }

  /// Whether all pages of a MiB are copied from one block, or none is.
  func isDecidedAtOnce(mebibyte: Int) -> Bool {
    mebibyte >= mebibytes.count || mebibytes[mebibyte].count == 0
      || mebibytes[mebibyte].block != .invalid
  }

  /// The lowest page of a range that is copied; nil if none is. O(MiB + pages of those with copies)
  func page(in range: DMARange) -> UInt64? {
    let pages = pages(of: range)
    for place in places(of: pages) where mebibytes[place].count > 0 {
      let own = pages.clamped(to: self.pages(of: place))
      if let found = own.first(where: { translation(of: $0) != nil }) { return found }
    }
    return nil
  }

  /// Looks at a range: lets go of what is invalid, and then copies what is valid, the lowest first.
  ///
  /// - Returns: false if there are not enough resources; what came first is copied then.
  /// - Complexity: O(MiB + pages of those that are not in one block)
  mutating func refresh(_ range: DMARange) -> Bool {
    let pages = pages(of: range)
    let all = places(of: pages)
    guard let begin = all.first(where: { !isRefreshed($0) }) else { return true }
    let places = begin..<all.upperBound
    for place in places where mebibytes[place].count > 0 && !isRefreshed(place) {
      letGo(pages.clamped(to: self.pages(of: place)), place)
    }
    for place in places where !isRefreshed(place) {
      let own = pages.clamped(to: self.pages(of: place))
      if own == self.pages(of: place), copyBlock(place) { continue }
      guard copy(own, place) else { return false }
    }
    return true
  }

  /// Lets go of everything, without a look at the table. O(MiB)
  mutating func removeAll() {
    for place in mebibytes.indices where mebibytes[place].count > 0 {
      mebibytes[place] = Mebibyte()
    }
    count = 0
  }

  /// Whether a look at a MiB would change nothing: there is nothing, or the block that is copied.
  private func isRefreshed(_ place: Int) -> Bool {
    let first = first(of: place)
    return first.kind(at: .first) == .invalid
      ? mebibytes[place].count == 0 : first == mebibytes[place].block
  }

  /// Has the pages of a block be copies each of its own.
  private mutating func copySingly(_ place: Int) {
    let block = mebibytes[place].block
    guard block != .invalid else { return }
    mebibytes[place].pages = pages(of: place).map { translation(of: $0, in: block) }
    mebibytes[place].block = .invalid
  }

  /// Copies all pages of a MiB that are in one block; false if they are not, or resources lack.
  private mutating func copyBlock(_ place: Int) -> Bool {
    let first = first(of: place)
    let more = Int(Self.pagesOfMebibyte) - mebibytes[place].count
    guard case .block = first.kind(at: .first), count + more <= limit else { return false }
    mebibytes[place].block = first
    mebibytes[place].count += more
    count += more
    return true
  }

  /// Lets go of the pages of a MiB that are invalid, and copies again those that lead elsewhere.
  private mutating func letGo(_ pages: Range<UInt64>, _ place: Int) {
    copySingly(place)
    let first = first(of: place)
    for page in pages {
      guard let known = translation(of: page) else { continue }
      let found = walker.walk(page: page, below: first)
      if found != known { set(found, page) }
    }
  }

  /// Copies the pages of a MiB that are valid; false if there are not enough resources.
  private mutating func copy(_ pages: Range<UInt64>, _ place: Int) -> Bool {
    let first = first(of: place)
    for page in pages where translation(of: page) == nil {
      guard let found = walker.walk(page: page, below: first) else { continue }
      if count == limit { return false }
      set(found, page)
    }
    return true
  }

  /// Changes one page of a MiB whose pages are copied one by one.
  private mutating func set(_ found: PageTranslation?, _ page: UInt64) {
    let (place, index) = (Int(page / Self.pagesOfMebibyte), Int(page % Self.pagesOfMebibyte))
    if mebibytes[place].pages.isEmpty {
      mebibytes[place].pages = Array(repeating: nil, count: Int(Self.pagesOfMebibyte))
    }
    let more = (found == nil ? 0 : 1) - (mebibytes[place].pages[index] == nil ? 0 : 1)
    mebibytes[place].pages[index] = found
    mebibytes[place].count += more
    count += more
  }

  private func first(of place: Int) -> Descriptor {
    walker.first(DMAAddress(UInt64(place) << BlockSize.section.shift))
  }

  private func translation(of page: UInt64, in block: Descriptor) -> PageTranslation? {
    guard case .block(let size) = block.kind(at: .first) else { return nil }
    let iova = DMAAddress(page << BlockSize.small.shift)
    return PageTranslation(block, size, at: iova, walker.quirks)
  }

  /// The pages of a range that lie in the window.
  private func pages(of range: DMARange) -> Range<UInt64> {
    let end = UInt64(mebibytes.count) * Self.pagesOfMebibyte
    let lo = min(range.lo.raw >> BlockSize.small.shift, end)
    return lo..<max(lo, min((range.hi.raw >> BlockSize.small.shift) + 1, end))
  }

  private func pages(of place: Int) -> Range<UInt64> {
    let begin = UInt64(place) * Self.pagesOfMebibyte
    return begin..<begin + Self.pagesOfMebibyte
  }

  /// The MiB that hold any of the pages.
  private func places(of pages: Range<UInt64>) -> Range<Int> {
    let begin = Int(pages.lowerBound / Self.pagesOfMebibyte)
    return pages.isEmpty
      ? begin..<begin : begin..<Int((pages.upperBound - 1) / Self.pagesOfMebibyte) + 1
  }
}
