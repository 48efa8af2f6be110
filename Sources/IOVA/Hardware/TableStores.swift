/// Objects of 1 KiB cut from single pages, and reused immediately; empty pages are given back.
///
/// A dedicated cache keeps every object aligned, even with debugging, when each takes 3 KiB. A
/// general allocator that puts red zones around its objects does not. Has no lock. The
/// corresponding Linux name is `kmem_cache`.
struct TableSlab {
  /// Bytes from one object of a page to the next, and before the first one.
  private let stride: UInt64
  private let offset: UInt64
  private let perPage: Int
  /// The free objects of each page, one bit each.
  private var pages: [PhysicalAddress: UInt8] = [:]
  /// Pages with free objects; the last one is used next.
  private var partial: [PhysicalAddress] = []

  /// - Parameters:
  ///   - dedicated: whether the cache holds nothing but tables, and so keeps them aligned.
  ///   - debugging: whether objects are surrounded by red zones.
  init(dedicated: Bool, debugging: Bool) {
    let object = TableLevel.secondLevelBytes
    stride = !debugging ? object : dedicated ? 3 * object : object + 128
    offset = debugging && !dedicated ? 64 : 0
    perPage = Int((PhysicalMemory.pageBytes - offset) / stride)
  }

  var bytesHeld: Int { pages.count * Int(PhysicalMemory.pageBytes) }

  mutating func take(_ newPage: () -> PhysicalAddress?) -> PhysicalAddress? {
    if partial.isEmpty {
      guard let page = newPage() else { return nil }
      pages[page] = 1 << UInt8(perPage) - 1
      partial.append(page)
    }
    let page = partial[partial.count - 1]
    let free = pages[page]!
    let index = free.trailingZeroBitCount
    let left = free & (free - 1)
    pages[page] = left
    if left == 0 { partial.removeLast() }
    return page + (offset + UInt64(index) * stride)
  }

  /// Returns the page if it is empty now, to be given back. O(pages with free objects)
  mutating func giveBack(_ object: PhysicalAddress) -> PhysicalAddress? {
    let page = PhysicalAddress(object.raw & ~(PhysicalMemory.pageBytes - 1))
    let before = pages[page]!
    let free = before | 1 << UInt8((object.raw - page.raw - offset) / stride)
    if free == 1 << UInt8(perPage) - 1 {
      pages[page] = nil
      partial.removeAll { $0 == page }
      return page
    }
    pages[page] = free
    if before == 0 { partial.append(page) }
    return nil
  }
}

/// Objects of 1 KiB from runs of pages that are kept until the end.
///
/// Either one run for all possible tables, taken at the start, or runs that are added as needed.
/// Has no lock. The corresponding Linux name is `gen_pool`.
struct TablePool {
  private(set) var runs: [PhysicalAddress] = []
  private let perRun: Int
  private var free: [PhysicalAddress] = []
  /// Objects of the last run that were never given out.
  private var untouched = 0

  /// - Parameter order: log2 of the pages of a run.
  init(order: Int) { perRun = 4 << order }

  var bytesHeld: Int { runs.count * perRun * Int(TableLevel.secondLevelBytes) }

  /// Whether the next object needs another run.
  var isExhausted: Bool { free.isEmpty && untouched == 0 }

  mutating func add(_ run: PhysicalAddress) {
    runs.append(run)
    untouched = perRun
  }

  mutating func take() -> PhysicalAddress? {
    if let object = free.popLast() { return object }
    guard untouched > 0, let run = runs.last else { return nil }
    untouched -= 1
    return run + UInt64(perRun - 1 - untouched) * TableLevel.secondLevelBytes
  }

  mutating func giveBack(_ object: PhysicalAddress) { free.append(object) }
}

/// Objects of 1 KiB sliced in order from chunks of 32 KiB.
///
/// A slice is not reused before all slices of its chunk are free. Has no lock. The corresponding
/// Linux name is `page_frag_cache`.
struct TableFragments {
  /// log2 of the pages of a chunk.
  static let order = 3
  private static let chunkBytes = PhysicalMemory.pageBytes << UInt64(order)

  /// Slices in use of each chunk.
  private var used: [PhysicalAddress: Int] = [:]
  private var current: PhysicalAddress?
  private var next: UInt64 = 0

  var bytesHeld: Int { used.count * Int(TableFragments.chunkBytes) }

  mutating func take(_ newChunk: () -> PhysicalAddress?) -> PhysicalAddress? {
    if let chunk = current, next == TableFragments.chunkBytes {
      // A chunk that is used up but all free starts again; otherwise it is left to its slices.
      current = used[chunk] == 0 ? chunk : nil
      next = 0
    }
    if current == nil {
      guard let chunk = newChunk() else { return nil }
      (current, next) = (chunk, 0)
      used[chunk] = 0
    }
    defer { next += TableLevel.secondLevelBytes }
    used[current!]! += 1
    return current! + next
  }

  /// Returns the chunk if none of it is in use any more, to be given back.
  mutating func giveBack(_ object: PhysicalAddress) -> PhysicalAddress? {
    let chunk = PhysicalAddress(object.raw & ~(TableFragments.chunkBytes - 1))
    used[chunk]! -= 1
    guard used[chunk] == 0, chunk != current else { return nil }
    used[chunk] = nil
    return chunk
  }

  /// The chunk that is being sliced, if none of it is in use.
  mutating func takeCurrent() -> PhysicalAddress? {
    guard let chunk = current else { return nil }
    current = nil
    used[chunk] = nil
    return chunk
  }
}
