/// One CPU's stores to table entries that a walker does not see yet, oldest first.
///
/// A walker sees a store at the CPU's next barrier, or when there is no more room: software that
/// relies on an earlier moment is wrong. Has no lock.
struct WriteBuffer: Sendable {
  /// Consecutive words stored by one call.
  struct Stores: Hashable, Sendable {
    var word: Int
    var count: Int
  }

  /// The capacity in stores; some processors have room for 56.
  static let capacity = 56

  private var stores: [Stores] = []

  init() { stores.reserveCapacity(Self.capacity) }

  /// Buffers stores; returns those that a walker sees now because there is no more room, if any.
  mutating func keep(_ new: Stores) -> Stores? {
    let oldest = stores.count == Self.capacity ? stores.removeFirst() : nil
    stores.append(new)
    return oldest
  }

  /// Calls `body` with all stores in order, and empties the buffer.
  mutating func drain(_ body: (Stores) -> Void) {
    if stores.isEmpty { return }
    for store in stores { body(store) }
    stores.removeAll(keepingCapacity: true)
  }
}

/// The write buffers of all CPUs, which delay stores to one page table for its walker.
///
/// Owns a lock for each buffer, since a timer's work may share a CPU with a caller. Other CPUs see
/// each store immediately, since none reads an entry that another is to write.
final class WriteBuffers: Sendable {
  private let buffers: [Locked<WriteBuffer>]
  private let physical: PhysicalMemory

  init(_ physical: PhysicalMemory, cpus: Int) {
    self.physical = physical
    buffers = (0..<cpus).map { _ in
      Locked(WriteBuffer(), .physicalMemory, supervisor: SupervisorLink(nil), locking: .spin)
    }
  }

  deinit {
    for buffer in buffers { buffer.destroy() }
  }

  /// Buffers words that were stored.
  func keep(_ word: Int, count: Int, on cpu: CPU) {
    buffers[cpu.index].withLock(on: cpu) { buffer in
      if let oldest = buffer.keep(WriteBuffer.Stores(word: word, count: count)) { show(oldest) }
    }
  }

  /// Makes visible to walkers what a CPU has stored.
  func drain(on cpu: CPU) {
    buffers[cpu.index].withLock(on: cpu) { $0.drain(show) }
  }

  /// Empties all buffers; only while nobody runs.
  func reset() {
    for buffer in buffers { buffer.reset { $0.drain { _ in } } }
  }

  private func show(_ stores: WriteBuffer.Stores) {
    physical.clean(stores.word, count: stores.count)
  }
}
