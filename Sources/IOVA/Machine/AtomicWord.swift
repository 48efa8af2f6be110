import Synchronization

/// A word that CPUs access without a lock.
///
/// All accesses are sequentially consistent: CPUs agree on one order of them, so a decision may
/// depend on several such words together.
struct AtomicWord: ~Copyable, Sendable {
  private let word = Atomic<UInt64>(0)

  var value: UInt64 { word.load(ordering: .sequentiallyConsistent) }

  func store(_ value: UInt64) { word.store(value, ordering: .sequentiallyConsistent) }

  /// Stores 0; only while nobody runs.
  func reset() { word.store(0, ordering: .relaxed) }

  /// Adds an amount, which may be negative.
  func add(_ amount: Int) {
    word.wrappingAdd(UInt64(truncatingIfNeeded: amount), ordering: .sequentiallyConsistent)
  }

  /// Adds 1; returns the new value.
  @discardableResult
  func increment() -> UInt64 {
    word.add(1, ordering: .sequentiallyConsistent).newValue
  }

  /// Stores a value; returns the previous one.
  func exchange(_ value: UInt64) -> UInt64 {
    word.exchange(value, ordering: .sequentiallyConsistent)
  }

  /// Makes this CPU's earlier writes visible to all others before its later ones.
  static func fence() { atomicMemoryFence(ordering: .sequentiallyConsistent) }
}
