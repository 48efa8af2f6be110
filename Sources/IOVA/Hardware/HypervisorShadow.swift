/// What the devices of a guest read through: the entries that its hypervisor copied (rule 87).
///
/// The hypervisor looks at the guest's page table only when it is told to, and spends one resource
/// on each page that it copies, until it is told to look again and finds the page invalid. It
/// invalidates the hardware along with its copies, so that nothing else remembers any. Has no lock.
struct HypervisorShadow {
  /// The most pages that it has resources for.
  let limit: Int
  /// Pages that are copied.
  private(set) var count = 0
  private let walker: TableWalker
  private var mebibytes: [Mebibyte]

  /// What is copied of a MiB.
  private struct Mebibyte {
    /// Where each page leads to; empty where none ever led anywhere.
    var pages: [PageTranslation?] = []
    var count = 0
    /// The block that all its pages are copied from; invalid if there is none.
    var block = Descriptor.invalid
  }

  private static let pagesOfMebibyte = UInt64(1) << 8

  /// - Parameter mebibytes: how many there are in the window of the devices.
  init(limit: Int, _ walker: TableWalker, mebibytes: Int) {
    self.limit = limit
    self.walker = walker
    self.mebibytes = Array(repeating: Mebibyte(), count: mebibytes)
  }

  /// Where a page leads to; nil if it is not copied. O(1)
  func translation(of page: UInt64) -> PageTranslation? {
    let mebibyte = Int(page / Self.pagesOfMebibyte)
    guard mebibyte < mebibytes.count, mebibytes[mebibyte].count > 0 else { return nil }
    return mebibytes[mebibyte].pages[Int(page % Self.pagesOfMebibyte)]
  }

  /// The lowest page of a range that is copied; nil if none is. O(MiB + pages of those with copies)
  func page(in range: DMARange) -> UInt64? {
    let pages = pages(of: range)
    for mebibyte in touched(by: pages) where mebibytes[mebibyte].count > 0 {
      let own = pages.clamped(to: self.pages(of: mebibyte))
      if let found = own.first(where: { translation(of: $0) != nil }) { return found }
    }
    return nil
  }

  /// Looks at a range: lets go of what is invalid, and then copies what is valid, the lowest first.
  ///
  /// - Returns: false if there are not enough resources; what came first is copied then.
  /// - Complexity: O(MiB + pages of those that are or were mapped otherwise than as one block)
  mutating func refresh(_ range: DMARange) -> Bool {
    let pages = pages(of: range)
    var isComplete = true
    for mebibyte in touched(by: pages) where !isRefreshed(mebibyte) {
      mebibytes[mebibyte].block = .invalid
      for page in pages.clamped(to: self.pages(of: mebibyte)) where !update(page) {
        isComplete = false
      }
    }
    if isComplete { return true }
    for mebibyte in touched(by: pages) where !isRefreshed(mebibyte) {
      let own = pages.clamped(to: self.pages(of: mebibyte))
      for page in own where !copy(page) { return false }
      if own == self.pages(of: mebibyte) { noteBlock(mebibyte) }
    }
    return true
  }

  /// Lets go of everything, without a look at the table. O(MiB that were ever used)
  mutating func removeAll() {
    for mebibyte in mebibytes.indices where mebibytes[mebibyte].count > 0 {
      mebibytes[mebibyte].block = .invalid
      mebibytes[mebibyte].count = 0
      for index in mebibytes[mebibyte].pages.indices { mebibytes[mebibyte].pages[index] = nil }
    }
    count = 0
  }

  /// Lets go of a page that is invalid; false if it is valid and not copied.
  private mutating func update(_ page: UInt64) -> Bool {
    let found = walker.walk(page: page)
    guard let known = translation(of: page) else { return found == nil }
    if found != known { self[page] = found }
    return true
  }

  /// Copies a page that is valid; false if there is no resource for it.
  private mutating func copy(_ page: UInt64) -> Bool {
    guard translation(of: page) == nil, let found = walker.walk(page: page) else { return true }
    if count == limit { return false }
    self[page] = found
    return true
  }

  /// Whether a look at a MiB would change nothing: there is nothing, or the block of all copies.
  private func isRefreshed(_ mebibyte: Int) -> Bool {
    let first = first(of: mebibyte)
    return first.kind(at: .first) == .invalid
      ? mebibytes[mebibyte].count == 0 : first == mebibytes[mebibyte].block
  }

  /// Notes that all pages of a MiB were looked at and copied, if one block has them all.
  private mutating func noteBlock(_ mebibyte: Int) {
    let first = first(of: mebibyte)
    if case .block = first.kind(at: .first) { mebibytes[mebibyte].block = first }
  }

  private func first(of mebibyte: Int) -> Descriptor {
    walker.first(DMAAddress(UInt64(mebibyte) << BlockSize.section.shift))
  }

  private subscript(_ page: UInt64) -> PageTranslation? {
    get { translation(of: page) }
    set {
      let (mebibyte, index) = page.quotientAndRemainder(dividingBy: Self.pagesOfMebibyte)
      let place = Int(mebibyte)
      if mebibytes[place].pages.isEmpty {
        mebibytes[place].pages = Array(repeating: nil, count: Int(Self.pagesOfMebibyte))
      }
      let more =
        (newValue == nil ? 0 : 1) - (mebibytes[place].pages[Int(index)] == nil ? 0 : 1)
      mebibytes[place].pages[Int(index)] = newValue
      mebibytes[place].count += more
      count += more
    }
  }

  /// The pages of a range that lie in the window.
  private func pages(of range: DMARange) -> Range<UInt64> {
    let end = UInt64(mebibytes.count) * Self.pagesOfMebibyte
    let lo = min(range.lo.raw >> BlockSize.small.shift, end)
    return lo..<max(lo, min((range.hi.raw >> BlockSize.small.shift) + 1, end))
  }

  private func pages(of mebibyte: Int) -> Range<UInt64> {
    let begin = UInt64(mebibyte) * Self.pagesOfMebibyte
    return begin..<begin + Self.pagesOfMebibyte
  }

  /// The MiB that hold any of the pages.
  private func touched(by pages: Range<UInt64>) -> Range<Int> {
    let begin = Int(pages.lowerBound / Self.pagesOfMebibyte)
    return pages.isEmpty
      ? begin..<begin : begin..<Int((pages.upperBound - 1) / Self.pagesOfMebibyte) + 1
  }
}
