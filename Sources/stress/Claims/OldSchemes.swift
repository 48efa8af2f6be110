/// How s390 allocated and flushed addresses before it used the common code: a bitmap of pages.
///
/// A model based on the commit's text, since no release here has it: the next free page above the
/// last one is given out; what is freed stays taken until the search reaches the end of the bitmap.
/// Then everything is flushed once, freed pages become free, and the search starts at the bottom.
struct WrappingBitmap {
  private enum Page { case free, taken, stale }

  private var pages: [Page]
  private var next = 0
  private(set) var flushes = 0
  /// Pages that were given out although nothing was flushed since they were freed: should be none.
  private(set) var staleReuses = 0
  private var flushesWhenFreed: [Int]

  init(aperture: Int) {
    pages = Array(repeating: .free, count: aperture)
    flushesWhenFreed = Array(repeating: -1, count: aperture)
  }

  mutating func allocate() -> Int? {
    for isSecondPass in [false, true] {
      if isSecondPass { wrap() }
      while next < pages.count {
        let page = next
        next += 1
        guard pages[page] == .free else { continue }
        pages[page] = .taken
        if flushesWhenFreed[page] == flushes { staleReuses += 1 }
        return page
      }
    }
    return nil
  }

  mutating func free(_ page: Int) {
    pages[page] = .stale
    flushesWhenFreed[page] = flushes
  }

  private mutating func wrap() {
    flushes += 1
    for page in pages.indices where pages[page] == .stale { pages[page] = .free }
    next = 0
  }

  /// The state of an aperture after that many unmaps of a page, each right after its mapping.
  static func after(unmaps: Int, aperture: Int) -> WrappingBitmap {
    var bitmap = WrappingBitmap(aperture: aperture)
    for _ in 0..<unmaps {
      if let page = bitmap.allocate() { bitmap.free(page) }
    }
    // The next request pays for the aperture that was used up.
    _ = bitmap.allocate()
    return bitmap
  }

  static func flushes(unmaps: Int, aperture: Int) -> Int {
    after(unmaps: unmaps, aperture: aperture).flushes
  }
}

/// How invalidations were first deferred, in 2008: one list, flushed when it is full or too old.
///
/// A model based on the commit's text: today's rings have a power of two of slots, the list did
/// not.
struct DeferredList {
  let capacity: Int
  let timeout: Int
  private var count = 0
  private var age = 0
  private(set) var flushes = 0

  init(capacity: Int, timeout: Int) {
    self.capacity = capacity
    self.timeout = timeout
  }

  mutating func unmap() {
    count += 1
    if count == capacity { flush() }
  }

  /// One ms passes.
  mutating func tick() {
    guard count > 0 else { return }
    age += 1
    if age == timeout { flush() }
  }

  private mutating func flush() {
    flushes += 1
    count = 0
    age = 0
  }
}
