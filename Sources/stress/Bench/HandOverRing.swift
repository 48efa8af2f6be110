import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A ring of 64 batches of 64 pfns between one producer and one consumer, published a batch at a
/// time.
///
/// The slots of a batch belong to the producer until `publish`, then to the consumer until
/// `release`; the two indices order the accesses. Batches are numbered from 0 and never wrap.
/// wrap.
final class HandOverRing: Sendable {
  /// pfns in a batch.
  static let batch = 64
  /// Batches in the ring.
  static let capacity = 64
  /// Checks of the other side's index before the time slice is given away.
  private static let spinsBeforeYield = 256

  /// An index on cache lines of its own.
  private struct Index: ~Copyable, Sendable {
    let before: InlinePadding = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    let value = Atomic<Int>(0)
  }

  private typealias InlinePadding = (
    UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
    UInt64, UInt64, UInt64
  )

  /// Batches published so far; written only by the producer.
  private let head = Index()
  /// Batches released so far; written only by the consumer.
  private let tail = Index()
  private let padding: InlinePadding = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  // Safe because of who owns a slot when; see the type.
  private nonisolated(unsafe) let slots: UnsafeMutablePointer<UInt64>

  init() {
    slots = .allocate(capacity: Self.capacity * Self.batch)
    slots.initialize(repeating: 0, count: Self.capacity * Self.batch)
  }

  deinit { slots.deallocate() }

  /// Slot `index` of a batch; for the current owner of the batch.
  subscript(batch: Int, index: Int) -> UInt64 {
    @inline(__always) get { slots[Self.place(batch, index)] }
    @inline(__always) set { slots[Self.place(batch, index)] = newValue }
  }

  @inline(__always)
  private static func place(_ batch: Int, _ index: Int) -> Int {
    (batch & (capacity &- 1)) &* Self.batch &+ index
  }

  // MARK: The producer

  /// Waits until the slots of a batch are free.
  func waitForRoom(_ batch: Int) {
    wait { batch &- tail.value.load(ordering: .acquiring) < Self.capacity }
  }

  /// Gives a filled batch to the consumer.
  func publish(_ batch: Int) { head.value.store(batch &+ 1, ordering: .releasing) }

  // MARK: The consumer

  /// Waits until a batch is filled.
  func waitForBatch(_ batch: Int) {
    wait { head.value.load(ordering: .acquiring) != batch }
  }

  /// Gives the slots of a batch back to the producer.
  func release(_ batch: Int) { tail.value.store(batch &+ 1, ordering: .releasing) }

  // Waits without a bound: the other side runs the same number of batches.
  @inline(__always)
  private func wait(until isReady: () -> Bool) {
    var spins = 0
    while !isReady() {
      spins += 1
      if spins % Self.spinsBeforeYield == 0 { sched_yield() }
    }
  }
}
