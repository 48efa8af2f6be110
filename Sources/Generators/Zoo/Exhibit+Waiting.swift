extension Exhibit {
  /// A queue whose consumer waits for a signal that was sent before.
  package static let lostWakeUp = Exhibit(
    "lostWakeUp", "a consumer that saw an empty queue waits, though a signal came meanwhile",
    calls: 2, switches: 2, size: (2, 3), scope: (3, 1)
  ) { isLawful, settings in
    Interleavings("lostWakeUp", settings: settings) { Mailbox(isLawful) }
      .operation("put") { $0.put() }
      .operation("get") { $0.get() }
  }

  private final class Mailbox {
    private let items = Stage.Mutex(0, "items")
    private let notEmpty = Stage.Condition("not empty")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func put() {
      items.withLock { $0 += 1 }
      notEmpty.signal()
    }

    func get() {
      if isLawful { return notEmpty.wait(items, until: { $0 > 0 }, then: { $0 -= 1 }) }
      while !isTaken() {
        notEmpty.lock()
        notEmpty.wait()
        notEmpty.unlock()
      }
    }

    private func isTaken() -> Bool {
      items.withLock { items in
        if items > 0 { items -= 1 } else { return false }
        return true
      }
    }
  }

  /// A consumer that takes an item that another one took before it woke.
  static let ifInsteadOfWhile = Exhibit(
    "ifInsteadOfWhile", "a woken consumer does not check again whether there is an item",
    calls: 3, switches: 2, size: (3, 2), scope: (3, 1)
  ) { isLawful, settings in
    Interleavings("ifInsteadOfWhile", settings: settings) { Shelf(isLawful) }
      .operation("put") { $0.put() }
      .operation("get") { $0.get() }
      .invariant("nothing is taken that is not there", whenFree: "shelf") { $0.items >= 0 }
  }

  private final class Shelf {
    private let lock: Stage.Lock
    private let notEmpty: Stage.Condition
    private(set) var items = 0
    private let isLawful: Bool

    init(_ isLawful: Bool) {
      self.isLawful = isLawful
      lock = Stage.Lock("shelf")
      notEmpty = Stage.Condition(sharing: lock, "not empty")
    }

    func put() {
      lock.withLock {
        items += 1
        notEmpty.signal()
      }
    }

    func get() {
      lock.withLock {
        if items == 0 { notEmpty.wait() }
        while isLawful, items == 0 { notEmpty.wait() }
        items -= 1
      }
    }
  }

  /// A queue of one item whose producers and consumers wait for the same signal.
  static let oneCondition = Exhibit(
    "oneCondition", "a consumer's signal, meant for a producer, wakes another consumer", calls: 4,
    switches: 5, size: (3, 2), scope: (3, 1)
  ) { isLawful, settings in
    Interleavings("oneCondition", settings: settings) { Place(isLawful) }
      .operation("put") { $0.change(from: 0, to: 1) }
      .operation("get") { $0.change(from: 1, to: 0) }
  }

  private final class Place {
    private let changed = Stage.Condition("changed")
    private var items = 0
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func change(from before: Int, to after: Int) {
      changed.lock()
      while items != before { changed.wait() }
      items = after
      if isLawful { changed.broadcast() } else { changed.signal() }
      changed.unlock()
    }
  }

  /// A semaphore that admits two threads once another gave up.
  static let permitGivenTwice = Exhibit(
    "permitGivenTwice", "a thread that gives up returns its permit, and so does its clean-up",
    calls: 3, switches: 2, size: (2, 3), scope: (3, 1)
  ) { isLawful, settings in
    Interleavings("permitGivenTwice", settings: settings) { GuardedCount(isLawful) }
      .operation("increment") { $0.increment() }
      .operation("give up") { $0.giveUp() }
  }

  private final class GuardedCount {
    private let permit = Stage.Semaphore(value: 1, "permit")
    private let count = Stage.Atomic(0, "count")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func increment() -> Int {
      permit.wait()
      let next = count.load(ordering: .relaxed) + 1
      count.store(next, ordering: .relaxed)
      permit.signal()
      return next
    }

    func giveUp() {
      permit.wait()
      defer { permit.signal() }
      if !isLawful { permit.signal() }
    }
  }

  /// A semaphore that is signalled by a thread that did not get past it.
  static let permitNotHeld = Exhibit(
    "permitNotHeld", "a thread that got no permit returns one anyway", calls: 3, switches: 2,
    size: (2, 3), scope: (3, 2)
  ) { isLawful, settings in
    Interleavings("permitNotHeld", settings: settings) { Chamber(isLawful) }
      .operation("enter") { $0.enter() }
      .unordered()
      .invariant("nobody is inside with another") { !$0.wasShared }
  }

  private final class Chamber {
    private let permit = Stage.Semaphore(value: 1, "permit")
    private let inside = Stage.Atomic(0, "inside")
    private(set) var wasShared = false
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func enter() {
      let isIn = permit.tryWait()
      defer { if isIn || !isLawful { permit.signal() } }
      guard isIn else { return }
      if inside.add(1, ordering: .relaxed).newValue > 1 { wasShared = true }
      inside.subtract(1, ordering: .relaxed)
    }
  }

  /// A task that takes its permit with it when it is cancelled.
  static let permitOfCancelled = Exhibit(
    "permitOfCancelled", "a task that is cancelled ends without giving its permit back", calls: 3,
    switches: 2, size: (2, 3), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("permitOfCancelled", settings: settings) { Worker(isLawful) }
      .operation("work") { $0.work() }
      .operation("cancel") { $0.cancel() }
  }

  private final class Worker {
    private let permit = Stage.Semaphore(value: 1, "permit")
    private let isBusy = Stage.Atomic(false, "is busy")
    private let isCancelled = Stage.Atomic(false, "is cancelled")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func work() {
      permit.wait()
      isBusy.store(true, ordering: .relaxed)
      let isOver = isCancelled.exchange(false, ordering: .relaxed)
      isBusy.store(false, ordering: .relaxed)
      if isOver, !isLawful { return }
      permit.signal()
    }

    /// Cancels the task that is working now.
    func cancel() {
      if isBusy.load(ordering: .relaxed) { isCancelled.store(true, ordering: .relaxed) }
    }
  }
}
