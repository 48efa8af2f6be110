import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Words of 32 bits that every CPU may touch at any time; zero until written.
///
/// Every access is atomic, which makes sharing it sound. The host provides a page only when it is
/// first written, so a large memory that is hardly used costs next to nothing.
struct AtomicMemory: ~Copyable, @unchecked Sendable {
  private let words: UnsafeMutablePointer<Atomic<UInt32>>
  let count: Int

  /// - Parameter count: words of 4 bytes.
  init(count: Int) {
    precondition(count > 0, "a memory has at least one word")
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let raw = mmap(nil, count * 4, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let raw, raw != MAP_FAILED else {
      fatalError("the host has no address space for \(count) words of simulated memory")
    }
    words = raw.bindMemory(to: Atomic<UInt32>.self, capacity: count)
    self.count = count
  }

  deinit { munmap(words, count * 4) }

  /// Sees everything written before the store whose value it reads.
  @inline(__always)
  func load(_ index: Int) -> UInt32 {
    assert(index >= 0 && index < count)
    return words[index].load(ordering: .acquiring)
  }

  /// A thread that reads the value also sees everything written before it.
  @inline(__always)
  func store(_ value: UInt32, at index: Int) {
    assert(index >= 0 && index < count)
    words[index].store(value, ordering: .releasing)
  }

  /// Zeroes words without atomic accesses; only while nobody else touches the memory.
  func clear(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "there are no such words")
    let first = UnsafeMutableRawPointer(words + range.lowerBound)
    first.initializeMemory(as: UInt8.self, repeating: 0, count: range.count * 4)
  }

  /// Stores `value` if the word is still `expected`; returns the word as it was before.
  @inline(__always)
  func exchange(
    _ value: UInt32, expecting expected: UInt32, at index: Int
  ) -> (exchanged: Bool, original: UInt32) {
    assert(index >= 0 && index < count)
    return words[index].compareExchange(
      expected: expected, desired: value, ordering: .acquiringAndReleasing)
  }
}
