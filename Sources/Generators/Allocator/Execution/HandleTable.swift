import IOVA
import Synchronization

/// The present meanings of a program's handles, shared by all CPUs.
///
/// Whoever takes a range out of its slot owns it: of two CPUs that free the same handle, one finds
/// nothing.
final class HandleTable: @unchecked Sendable {
  /// Pfn and pages; a pfn of 0 is no range.
  private struct Slot: ~Copyable {
    let pfn = Atomic<UInt64>(0)
    let pages = Atomic<UInt64>(0)
    /// The range that was put in last, even after it was taken out.
    let lastPFN = Atomic<UInt64>(0)
    let lastPages = Atomic<UInt64>(0)
    /// The part of the range that was unmapped: its first page, counted from the lowest, and its
    /// length.
    let holePage = Atomic<UInt64>(0)
    let holePages = Atomic<UInt64>(0)
  }

  private var slots: UnsafeMutablePointer<Slot>
  private var capacity: Int
  private(set) var count = 0
  /// Whether several threads use it at the same time.
  private let isShared: Bool

  init(isShared: Bool) {
    self.isShared = isShared
    capacity = 256
    slots = .allocate(capacity: capacity)
    for index in 0..<capacity { (slots + index).initialize(to: Slot()) }
  }

  deinit { slots.deallocate() }

  /// Forgets all ranges, and makes room for `count` handles; only while nobody runs.
  func reset(count: Int) {
    if count > capacity {
      slots.deallocate()
      capacity = count * 2
      slots = .allocate(capacity: capacity)
      for index in 0..<capacity { (slots + index).initialize(to: Slot()) }
    }
    for index in 0..<max(count, self.count) where index < capacity {
      slots[index].pfn.store(0, ordering: .relaxed)
      slots[index].lastPFN.store(0, ordering: .relaxed)
    }
    self.count = count
  }

  func put(_ handle: Handle, _ pfn: PFN, _ pages: UInt64) {
    slots[handle.number].pages.store(pages, ordering: .relaxed)
    slots[handle.number].pfn.store(pfn.raw, ordering: .releasing)
  }

  /// Puts a range in, and remembers its pages for `last`.
  func putMapped(_ handle: Handle, _ pfn: PFN, _ pages: UInt64) {
    slots[handle.number].lastPages.store(pages, ordering: .relaxed)
    slots[handle.number].holePages.store(0, ordering: .relaxed)
    slots[handle.number].lastPFN.store(pfn.raw, ordering: .releasing)
    put(handle, pfn, pages)
  }

  /// What `unmapPart` took out of the range of a handle; nil if nothing. Only after taking the
  /// range.
  func hole(_ handle: Handle, in range: (pfn: PFN, pages: UInt64)) -> PFNRange? {
    let slot = slots + handle.number
    let pages = slot.pointee.holePages.load(ordering: .relaxed)
    let page = slot.pointee.holePage.load(ordering: .relaxed)
    return pages == 0 ? nil : PFNRange(PFN(range.pfn.raw + page), pages: pages)
  }

  /// Records what was taken out; only after taking the range.
  func setHole(_ handle: Handle, page: UInt64, pages: UInt64) {
    slots[handle.number].holePage.store(page, ordering: .relaxed)
    slots[handle.number].holePages.store(pages, ordering: .relaxed)
  }

  /// The range that was mapped last, still mapped or not; nil if none was.
  func last(_ handle: Handle) -> (pfn: PFN, pages: UInt64)? {
    let pfn = slots[handle.number].lastPFN.load(ordering: .acquiring)
    return pfn == 0 ? nil : (PFN(pfn), slots[handle.number].lastPages.load(ordering: .relaxed))
  }

  /// The range, without taking it; nil if there is none.
  func peek(_ handle: Handle) -> (pfn: PFN, pages: UInt64)? {
    let pfn = slots[handle.number].pfn.load(ordering: .acquiring)
    return pfn == 0 ? nil : (PFN(pfn), slots[handle.number].pages.load(ordering: .relaxed))
  }

  /// All ranges, by handle; only while nobody runs, or stops where others may go on.
  var held: [(handle: Handle, range: PFNRange)] {
    (0..<count).compactMap { number in
      peek(Handle(number)).map { (Handle(number), PFNRange($0.pfn, pages: $0.pages)) }
    }
  }

  /// Takes the range out; nil if there is none.
  func take(_ handle: Handle) -> (pfn: PFN, pages: UInt64)? {
    let pfn: UInt64
    if isShared {
      pfn = slots[handle.number].pfn.exchange(0, ordering: .acquiringAndReleasing)
    } else {
      pfn = slots[handle.number].pfn.load(ordering: .relaxed)
      slots[handle.number].pfn.store(0, ordering: .relaxed)
    }
    return pfn == 0 ? nil : (PFN(pfn), slots[handle.number].pages.load(ordering: .relaxed))
  }
}
