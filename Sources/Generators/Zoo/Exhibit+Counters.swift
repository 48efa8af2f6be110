import IOVA

extension Exhibit {
  /// A counter whose increment reads and writes in two steps.
  static let counter = Exhibit(
    "counter", "an increment reads and writes in two steps, without a lock", calls: 2, switches: 2,
    size: (2, 3), scope: (3, 3)
  ) { isLawful, settings in
    Interleavings("counter", settings: settings) { Counter(isLawful) }
      .operation("increment") { $0.increment() }
  }

  private final class Counter: Sendable {
    private let count = Stage.Atomic(0, "count")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func increment() -> Int {
      if isLawful { return count.add(1, ordering: .relaxed).newValue }
      let next = count.load(ordering: .relaxed) + 1
      count.store(next, ordering: .relaxed)
      return next
    }
  }

  /// A queue whose consumer waits for a signal that was sent before.
  static let lostWakeUp = Exhibit(
    "lostWakeUp", "a consumer that saw an empty queue waits, though a signal came meanwhile",
    calls: 2, switches: 2, size: (2, 2), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("lostWakeUp", settings: settings) { Mailbox(isLawful) }
      .operation("put", onlyThread: 1) { $0.put() }
      .operation("get", onlyThread: 2) { $0.get() }
      .unordered()
  }

  private final class Mailbox: Sendable {
    private let items = Stage.Mutex(2, "items")
    private let notEmpty = Stage.Condition("not empty")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func put() {
      items.withLock { $0 += 1 }
      notEmpty.signal()
    }

    func get() {
      if isLawful { return notEmpty.wait(items, until: { $0 > 0 }) { $0 -= 1 } }
      while true {
        let isEmpty = items.withLock { items in
          if items == 2 { return true }
          items -= 1
          return false
        }
        guard isEmpty else { return }
        notEmpty.lock()
        notEmpty.wait()
        notEmpty.unlock()
      }
    }
  }

  /// All of them.
  package static let all = [counter, lostWakeUp]
}
