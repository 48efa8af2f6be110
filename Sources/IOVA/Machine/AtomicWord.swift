import Synchronization

/// A word that CPUs touch without a lock.
///
/// All its accesses have one order that all CPUs agree on (sequential consistency): what is decided
/// by such words is decided by several of them together.
struct AtomicWord: ~Copyable, Sendable {
  private let word = Atomic<UInt64>(0)

  var value: UInt64 { word.load(ordering: .sequentiallyConsistent) }

  func store(_ value: UInt64) { word.store(value, ordering: .sequentiallyConsistent) }

  /// Stores 0; only when nobody runs.
  func reset() { word.store(0, ordering: .relaxed) }

  /// Adds an amount, which may be below 0.
  func add(_ amount: Int) {
    word.wrappingAdd(UInt64(truncatingIfNeeded: amount), ordering: .sequentiallyConsistent)
  }

  /// Adds 1; returns the sum.
  @discardableResult
  func increment() -> UInt64 {
    word.add(1, ordering: .sequentiallyConsistent).newValue
  }

  /// Stores a value; returns what was there.
  func exchange(_ value: UInt64) -> UInt64 {
    word.exchange(value, ordering: .sequentiallyConsistent)
  }

  /// Has all other CPUs see what this one wrote before they see what it writes next.
  static func fence() { atomicMemoryFence(ordering: .sequentiallyConsistent) }
}
