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
  /// By MiB, where each page leads to; empty where none ever led anywhere.
  private var mebibytes: [[PageTranslation?]]

  private static let pagesOfMebibyte = UInt64(1) << 8

  /// - Parameter mebibytes: how many there are in the window of the devices.
  init(limit: Int, _ walker: TableWalker, mebibytes: Int) {
    self.limit = limit
    self.walker = walker
    self.mebibytes = Array(repeating: [], count: mebibytes)
  }

  /// Where a page leads to; nil if it is not copied. O(1)
  func translation(of page: UInt64) -> PageTranslation? {
    let mebibyte = Int(page / Self.pagesOfMebibyte)
    guard mebibyte < mebibytes.count, !mebibytes[mebibyte].isEmpty else { return nil }
    return mebibytes[mebibyte][Int(page % Self.pagesOfMebibyte)]
  }

  /// The lowest page of a range that is copied; nil if none is. O(pages)
  func page(in range: DMARange) -> UInt64? {
    pages(of: range).first { translation(of: $0) != nil }
  }

  /// Looks at a range: lets go of what is invalid, and then copies what is valid, the lowest first.
  ///
  /// - Returns: false if there are not enough resources; what came first is copied then.
  /// - Complexity: O(pages of those MiB where there is anything)
  mutating func refresh(_ range: DMARange) -> Bool {
    var isComplete = true
    forEachPart(of: range) { shadow, pages in
      for page in pages where !shadow.update(page) { isComplete = false }
    }
    if isComplete { return true }
    var isEnough = true
    forEachPart(of: range) { shadow, pages in
      for page in pages where isEnough { isEnough = shadow.copy(page) }
    }
    return isEnough
  }

  /// Lets go of everything, without a look at the table. O(MiB that were ever used)
  mutating func removeAll() {
    for mebibyte in mebibytes.indices where !mebibytes[mebibyte].isEmpty {
      for index in mebibytes[mebibyte].indices { mebibytes[mebibyte][index] = nil }
    }
    count = 0
  }

  /// Lets go of a page that is invalid; false if it is valid and not copied.
  private mutating func update(_ page: UInt64) -> Bool {
    let found = walker.walk(page: page)
    guard let known = translation(of: page) else { return found == nil }
    if found != known { self[page] = found }
    if found == nil { count -= 1 }
    return true
  }

  /// Copies a page that is valid; false if there is no resource for it.
  private mutating func copy(_ page: UInt64) -> Bool {
    guard translation(of: page) == nil, let found = walker.walk(page: page) else { return true }
    if count == limit { return false }
    self[page] = found
    count += 1
    return true
  }

  private subscript(_ page: UInt64) -> PageTranslation? {
    get { translation(of: page) }
    set {
      let (mebibyte, index) = page.quotientAndRemainder(dividingBy: Self.pagesOfMebibyte)
      if mebibytes[Int(mebibyte)].isEmpty {
        mebibytes[Int(mebibyte)] = Array(repeating: nil, count: Int(Self.pagesOfMebibyte))
      }
      mebibytes[Int(mebibyte)][Int(index)] = newValue
    }
  }

  /// Calls `body` with the pages of a range, MiB by MiB, where any is copied or may be valid.
  private mutating func forEachPart(
    of range: DMARange, _ body: (inout HypervisorShadow, Range<UInt64>) -> Void
  ) {
    var pages = pages(of: range)
    while !pages.isEmpty {
      let mebibyte = pages.lowerBound / Self.pagesOfMebibyte
      let end = min(pages.upperBound, (mebibyte + 1) * Self.pagesOfMebibyte)
      let first = walker.first(DMAAddress(mebibyte << BlockSize.section.shift))
      if !mebibytes[Int(mebibyte)].isEmpty || first.kind(at: .first) != .invalid {
        body(&self, pages.lowerBound..<end)
      }
      pages = end..<pages.upperBound
    }
  }

  /// The pages of a range that lie in the window.
  private func pages(of range: DMARange) -> Range<UInt64> {
    let end = UInt64(mebibytes.count) * Self.pagesOfMebibyte
    let lo = min(range.lo.raw >> BlockSize.small.shift, end)
    return lo..<max(lo, min((range.hi.raw >> BlockSize.small.shift) + 1, end))
  }
}
