import Synchronization

/// What the laws know of a flush queue: when each range was unmapped and each invalidation began,
/// on a clock of its own, and who is about to do something.
///
/// A ring's part is guarded by its Q; the rest is atomic.
final class FlushGhost: @unchecked Sendable {
  /// A queued range.
  struct Entry {
    var pfn: UInt64
    /// Time at which its translations were cleared, at the latest.
    var clearedAt: UInt64
    var stamp: UInt64
    /// Virtual time at which it was queued, ms; of a sequential run.
    var queuedAt: UInt64
  }

  /// What a ring should hold, first in, first out.
  struct Ring {
    private var entries: [Entry] = []
    private var head = 0

    var count: Int { entries.count - head }
    var first: Entry? { count > 0 ? entries[head] : nil }
    var last: Entry? { count > 0 ? entries[entries.count - 1] : nil }

    mutating func append(_ entry: Entry) { entries.append(entry) }

    /// The entry that was queued first of those that are left, which it removes.
    mutating func removeFirst() -> Entry? {
      guard count > 0 else { return nil }
      let entry = entries[head]
      head += 1
      // Half of the memory may be waste: then what is left moves to its begin.
      if head >= 32, head * 2 >= entries.count {
        entries.removeFirst(head)
        head = 0
      }
      return entry
    }

    mutating func removeAll() {
      entries.removeAll(keepingCapacity: true)
      head = 0
    }
  }

  private let rings: UnsafeMutablePointer<Ring>
  private let ringCount: Int
  private let clock = Atomic<UInt64>(0)
  /// When the latest invalidation began of those that are over.
  private let covered = Atomic<UInt64>(0)
  /// Calls that queue and runs of the timer, begun and ended.
  private let begun = Atomic<UInt64>(0)
  private let ended = Atomic<UInt64>(0)
  /// Ranges in all rings.
  private let queued = Atomic<Int>(0)
  /// Timers armed, less those whose work began.
  private let armed = Atomic<Int>(0)

  init(rings count: Int) {
    ringCount = count
    rings = .allocate(capacity: count)
    rings.initialize(repeating: Ring(), count: count)
  }

  deinit {
    rings.deinitialize(count: ringCount)
    rings.deallocate()
  }

  /// Forgets everything; only when nobody runs.
  func reset() {
    if begun.load(ordering: .relaxed) == 0, clock.load(ordering: .relaxed) == 0 { return }
    for index in 0..<ringCount { rings[index].removeAll() }
    clock.store(0, ordering: .relaxed)
    covered.store(0, ordering: .relaxed)
    begun.store(0, ordering: .relaxed)
    ended.store(0, ordering: .relaxed)
    queued.store(0, ordering: .relaxed)
    armed.store(0, ordering: .relaxed)
  }

  /// For whoever holds its Q.
  subscript(_ ring: Int) -> Ring {
    @inline(__always) get { rings[ring] }
    @inline(__always) _modify { yield &rings[ring] }
  }

  // MARK: The clock

  /// The time now: a later invalidation begins at a later one.
  var now: UInt64 { clock.load(ordering: .sequentiallyConsistent) }

  /// An invalidation begins; returns when.
  func beginInvalidation() -> UInt64 {
    clock.add(1, ordering: .sequentiallyConsistent).newValue
  }

  /// The invalidation that began then is over.
  func endInvalidation(since begin: UInt64) {
    covered.max(begin, ordering: .sequentiallyConsistent)
  }

  /// Whether an invalidation is over that began after a moment.
  func isCovered(_ clearedAt: UInt64) -> Bool {
    covered.load(ordering: .sequentiallyConsistent) > clearedAt
  }

  // MARK: The timer

  func add(queued count: Int) { queued.add(count, ordering: .sequentiallyConsistent) }

  func arm() { armed.add(1, ordering: .sequentiallyConsistent) }

  func begin(asTimer: Bool) {
    begun.add(1, ordering: .sequentiallyConsistent)
    if asTimer { armed.subtract(1, ordering: .sequentiallyConsistent) }
  }

  /// Whoever queues or flushes is done; returns how many ranges wait for a timer that nobody armed
  /// or is about to arm, if nobody else is at it.
  func end() -> Int? {
    let done = ended.add(1, ordering: .sequentiallyConsistent).newValue
    guard begun.load(ordering: .sequentiallyConsistent) == done else { return nil }
    let waiting = queued.load(ordering: .sequentiallyConsistent)
    let isAlive = waiting <= 0 || armed.load(ordering: .sequentiallyConsistent) > 0
    // Whoever came meanwhile judges when it is done.
    guard !isAlive, begun.load(ordering: .sequentiallyConsistent) == done else { return nil }
    return waiting
  }
}
