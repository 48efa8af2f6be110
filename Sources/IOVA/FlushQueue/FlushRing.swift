/// A range that is unmapped and waits for an invalidation: 40 bytes, as in Linux (rule 65).
package struct FlushEntry {
  package var pfn: UInt64
  /// As requested when the range was allocated.
  package var pages: UInt64
  /// How many invalidations had started when it was queued (rule 67).
  package var stamp: UInt64
  /// To be released with it.
  package var tables: TablePages

  package init(pfn: UInt64, pages: UInt64, stamp: UInt64, tables: TablePages) {
    self.pfn = pfn
    self.pages = pages
    self.stamp = stamp
    self.tables = tables
  }
}

/// The queued ranges of one CPU or of all, first in, first out; guarded by its Q (rule 64).
///
/// Empty if `head == tail`, full if `tail` would become `head`: one slot is never used. Stamps
/// never fall from head to tail, so a scan that stops at the first entry that is too young misses
/// none.
package struct FlushRing: ~Copyable {
  package let capacity: Int
  package private(set) var head = 0
  package private(set) var tail = 0
  /// Ranges put in and taken out so far.
  package private(set) var queued: UInt64 = 0
  package private(set) var released: UInt64 = 0
  private var memory: UnsafeMutablePointer<FlushEntry>?

  /// A ring without slots, which can hold nothing yet.
  ///
  /// - Parameter capacity: a power of two.
  package init(capacity: Int) { self.capacity = capacity }

  deinit { memory?.deallocate() }

  /// Whether the ring has memory for its entries.
  package var hasSlots: Bool { memory != nil }

  /// The memory of all slots, in bytes.
  package static func bytes(capacity: Int) -> Int { capacity * MemoryLayout<FlushEntry>.stride }

  /// Makes the slots of a ring that has none.
  package mutating func makeSlots() {
    precondition(memory == nil, "a ring gets its slots once")
    let slots = UnsafeMutablePointer<FlushEntry>.allocate(capacity: capacity)
    let none = FlushEntry(pfn: 0, pages: 0, stamp: 0, tables: .none)
    slots.initialize(repeating: none, count: capacity)
    memory = slots
  }

  /// Releases the slots, and drops what they held.
  mutating func releaseSlots() {
    drop()
    memory?.deallocate()
    memory = nil
  }

  private var slots: UnsafeMutablePointer<FlushEntry> { memory.unsafelyUnwrapped }

  package var isEmpty: Bool { head == tail }

  package var isFull: Bool { (tail + 1) & (capacity - 1) == head }

  /// Ranges in the ring, at most `capacity` - 1.
  package var count: Int { (tail - head) & (capacity - 1) }

  /// An entry, counted from the head.
  package subscript(_ index: Int) -> FlushEntry { slots[(head + index) & (capacity - 1)] }

  /// The entry at the head; nil if the ring is empty.
  package var first: FlushEntry? { isEmpty ? nil : slots[head] }

  /// Appends an entry at the tail. A full ring then uses the slot that must stay empty, and looks
  /// empty, as in Linux.
  package mutating func store(_ entry: FlushEntry) {
    slots[tail] = entry
    tail = (tail + 1) & (capacity - 1)
    queued &+= 1
  }

  /// Removes the entry at the head.
  package mutating func removeFirst() {
    head = (head + 1) & (capacity - 1)
    released &+= 1
  }

  /// Drops all entries; they do not count as taken out.
  mutating func drop() { head = tail }

  /// Drops all entries and resets the counts.
  mutating func forget() {
    head = 0
    tail = 0
    queued = 0
    released = 0
  }
}
