/// The pages of one zone: those never given out, and a list of free runs for each size.
///
/// Runs are split if no smaller one is left, and never joined: an owner always asks for one size.
/// Has no lock.
struct PageZone {
  private let base: UInt64
  private let pages: Int
  /// Pages from here on were never given out.
  private var untouched = 0
  /// First pages of free runs of 2^order pages; the one freed last is given out first.
  private var free: [[Int]]
  private(set) var pagesTaken = 0

  init(base: UInt64, pages: Int) {
    self.base = base
    self.pages = pages
    free = Array(repeating: [], count: PhysicalMemory.maxOrder + 1)
  }

  /// Pages that may have been written.
  var pagesTouched: Int { untouched }

  /// The zone in its initial state.
  var unused: PageZone { PageZone(base: base, pages: pages) }

  mutating func take(_ order: Int) -> PhysicalAddress? {
    guard let page = free[order].popLast() ?? grow(order) ?? split(order) else { return nil }
    pagesTaken += 1 << order
    return PhysicalAddress(base + UInt64(page) * PhysicalMemory.pageBytes)
  }

  mutating func giveBack(_ address: PhysicalAddress, _ order: Int) {
    pagesTaken -= 1 << order
    free[order].append(Int((address.raw - base) / PhysicalMemory.pageBytes))
  }

  /// A run that was never given out; pages skipped for alignment become free runs.
  private mutating func grow(_ order: Int) -> Int? {
    let size = 1 << order
    let start = (untouched + size - 1) / size * size
    guard start + size <= pages else { return nil }
    while untouched < start {
      let skipped = min(
        untouched.trailingZeroBitCount,
        (start - untouched).bitWidth - 1
          - (start - untouched).leadingZeroBitCount)
      free[skipped].append(untouched)
      untouched += 1 << skipped
    }
    untouched = start + size
    return start
  }

  /// The lower end of the smallest larger run, whose rest becomes free runs.
  private mutating func split(_ order: Int) -> Int? {
    for larger in stride(from: order + 1, through: PhysicalMemory.maxOrder, by: 1) {
      guard let page = free[larger].popLast() else { continue }
      for half in order..<larger { free[half].append(page + (1 << half)) }
      return page
    }
    return nil
  }
}
