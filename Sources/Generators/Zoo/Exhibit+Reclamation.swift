extension Exhibit {
  /// A version that is freed while a reader uses it.
  static let freedTooEarly = Exhibit(
    "freedTooEarly", "a writer waits for readers before it hides the old version, not after",
    calls: 2, switches: 3, size: (2, 3), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("freedTooEarly", settings: settings) { Versions(isLawful) }
      .operation("read") { $0.read() }
      .operation("update") { $0.update() }
  }

  /// Read-copy-update: readers see a version as a whole, and it is freed when none uses it any
  /// more.
  private final class Versions {
    private let readers = Stage.Mutex(0, "readers")
    private let isUnread = Stage.Condition("readers to leave")
    private let writers = Stage.Lock("writers")
    private let current = Stage.Atomic(0, "current")
    /// -1 for a version that is free.
    private let versions = AtomicRow([1] + Array(repeating: -1, count: 7), "version")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func read() -> Int {
      readers.withLock { $0 += 1 }
      let version = versions.load(current.load(ordering: .acquiring))
      readers.withLock { $0 -= 1 }
      isUnread.broadcast()
      return version
    }

    func update() {
      writers.withLock {
        let old = current.load(ordering: .relaxed)
        versions.store(old + 2, at: old + 1)
        if !isLawful { awaitReaders() }
        current.store(old + 1, ordering: .releasing)
        if isLawful { awaitReaders() }
        versions.store(-1, at: old)
      }
    }

    private func awaitReaders() { isUnread.wait(readers, until: { $0 == 0 }, then: { _ in }) }
  }

  /// A node that is freed between being read and being marked as in use.
  static let hazardUnchecked = Exhibit(
    "hazardUnchecked", "a reader announces what it uses, but does not check that it is still there",
    calls: 2, switches: 2, size: (2, 3), scope: (2, 3)
  ) { isLawful, settings in
    Interleavings("hazardUnchecked", settings: settings) { HazardCell(isLawful) }
      .operation("read", onlyThread: 1) { $0.read() }
      .operation("replace", onlyThread: 2) { $0.replace() }
  }

  /// Hazard pointers of one reader and one writer (Maged Michael, "Hazard Pointers: Safe Memory
  /// Reclamation for Lock-Free Objects", 2004).
  private final class HazardCell {
    private let current = Stage.Atomic(0, "current")
    private let hazard = Stage.Atomic(-1, "hazard")
    /// -1 for a node that is free.
    private let nodes = AtomicRow(1...8, "node")
    private var retired: [Int] = []
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func read() -> Int {
      var node = 0
      repeat {
        node = current.load(ordering: .acquiring)
        hazard.store(node, ordering: .sequentiallyConsistent)
      } while isLawful && current.load(ordering: .sequentiallyConsistent) != node
      let value = nodes.load(node)
      hazard.store(-1, ordering: .releasing)
      return value
    }

    func replace() {
      let old = current.load(ordering: .relaxed)
      current.store(old + 1, ordering: .sequentiallyConsistent)
      retired.append(old)
      let used = hazard.load(ordering: .sequentiallyConsistent)
      for node in retired where node != used { nodes.store(-1, at: node) }
      retired.removeAll { $0 != used }
    }
  }

  /// An object that is borrowed again after its last owner has freed it.
  static let countRevived = Exhibit(
    "countRevived", "a count that was seen above 0 is raised, though it fell to 0 meanwhile",
    calls: 2, switches: 2, size: (2, 3), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("countRevived", settings: settings) { Counted(isLawful) }
      .operation("borrow") { $0.borrow() }
      .operation("close") { $0.close() }
      .unordered()
      .invariant("nothing is used that is free") { !$0.wasUsedFree }
  }

  private final class Counted {
    private let count = Stage.Atomic(1, "count")
    private let isClosed = Stage.Atomic(false, "is closed")
    private let isFree = Stage.Atomic(false, "is free")
    private(set) var wasUsedFree = false
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func borrow() {
      guard isTaken() else { return }
      if isFree.load(ordering: .relaxed) { wasUsedFree = true }
      letGo()
    }

    /// Gives up the share that it began with.
    func close() {
      if !isClosed.exchange(true, ordering: .relaxed) { letGo() }
    }

    private func isTaken() -> Bool {
      var seen = count.load(ordering: .relaxed)
      guard isLawful else {
        if seen > 0 { count.add(1, ordering: .relaxed) }
        return seen > 0
      }
      while seen > 0 {
        let (isDone, now) = count.compareExchange(
          expected: seen, desired: seen + 1, ordering: .relaxed)
        if isDone { return true }
        seen = now
      }
      return false
    }

    private func letGo() {
      if count.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        isFree.store(true, ordering: .relaxed)
      }
    }
  }

  /// A driver that is stopped while a request is about to use it.
  static let driverStopped = Exhibit(
    "driverStopped", "a request checks whether the driver stops before it announces itself",
    calls: 2, switches: 2, size: (2, 3), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("driverStopped", settings: settings) { Driver(isLawful) }
      .operation("request") { $0.request() }
      .operation("stop") { $0.stop() }
      .unordered()
      .invariant("nothing is asked of a driver that has stopped") { !$0.wasUsedStopped }
  }

  /// The Bluetooth driver of Shaz Qadeer and Dinghao Wu ("KISS: Keep It Simple and Sequential",
  /// PLDI 2004).
  private final class Driver {
    private let isStopping = Stage.Atomic(false, "is stopping")
    private let hasStopped = Stage.Atomic(false, "has stopped")
    /// Requests in progress, plus one for the driver itself.
    private let pending = Stage.Atomic(1, "pending")
    private let isIdle = Stage.Semaphore(value: 0, "is idle")
    private(set) var wasUsedStopped = false
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func request() {
      if !isLawful, isStopping.load(ordering: .relaxed) { return }
      pending.add(1, ordering: .acquiringAndReleasing)
      if !isLawful || !isStopping.load(ordering: .relaxed) {
        if hasStopped.load(ordering: .relaxed) { wasUsedStopped = true }
      }
      finish()
    }

    func stop() {
      if isStopping.exchange(true, ordering: .acquiringAndReleasing) { return }
      finish()
      isIdle.wait()
      hasStopped.store(true, ordering: .relaxed)
    }

    private func finish() {
      if pending.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { isIdle.signal() }
    }
  }
}
