/// The stores of one CPU to table entries that a walker does not see yet, oldest first.
///
/// A walker sees a store once the CPU comes to a barrier, or when there is no more room: software
/// that relies on it being seen sooner is wrong. Has no lock.
struct WriteBuffer: Sendable {
  /// Words in a row that one call stored.
  struct Stores: Hashable, Sendable {
    var word: Int
    var count: Int
  }

  /// Stores kept; some processors have room for 56.
  static let capacity = 56

  private var stores: [Stores] = []

  init() { stores.reserveCapacity(Self.capacity) }

  /// Keeps stores; returns those that a walker sees now for want of room, if any.
  mutating func keep(_ new: Stores) -> Stores? {
    let oldest = stores.count == Self.capacity ? stores.removeFirst() : nil
    stores.append(new)
    return oldest
  }

  /// Calls `body` with all stores in their order, and keeps none.
  mutating func drain(_ body: (Stores) -> Void) {
    if stores.isEmpty { return }
    for store in stores { body(store) }
    stores.removeAll(keepingCapacity: true)
  }
}

/// The write buffers of all CPUs, which keep stores to one page table from its walker.
///
/// The owner of a lock around each, since work of a timer may share a CPU with a caller. Other CPUs
/// see each store at once: none looks at an entry that is another one's to write.
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

  /// Words were stored.
  func keep(_ word: Int, count: Int, on cpu: CPU) {
    buffers[cpu.index].withLock(on: cpu) { buffer in
      if let oldest = buffer.keep(WriteBuffer.Stores(word: word, count: count)) { show(oldest) }
    }
  }

  /// Has walkers see what a CPU stored so far.
  func drain(on cpu: CPU) {
    buffers[cpu.index].withLock(on: cpu) { $0.drain(show) }
  }

  /// Forgets everything; only when nobody runs.
  func reset() {
    for buffer in buffers { buffer.reset { $0.drain { _ in } } }
  }

  private func show(_ stores: WriteBuffer.Stores) {
    physical.clean(stores.word, count: stores.count)
  }
}
