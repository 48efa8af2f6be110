extension Exhibit {
  /// A counter whose increment reads and writes in two steps.
  static let counter = Exhibit(
    "counter", "an increment reads and writes in two steps, without a lock", calls: 2, switches: 2,
    size: (2, 3), scope: (3, 3)
  ) { isLawful, settings in
    Interleavings("counter", settings: settings) { Counter(isLawful) }
      .operation("increment") { $0.increment() }
  }

  private final class Counter {
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

  /// Seats, the last of which is sold twice.
  static let checkThenAct = Exhibit(
    "checkThenAct", "two callers see the last seat free, and both get it", calls: 2,
    switches: 2, size: (3, 2), scope: (3, 2)
  ) { isLawful, settings in
    Interleavings("checkThenAct", settings: settings) { Seats(isLawful) }
      .operation("book") { $0.book() }
  }

  private final class Seats {
    private let free = Stage.Atomic(1, "free seats")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func book() -> Bool {
      var seen = free.load(ordering: .relaxed)
      guard isLawful else {
        if seen > 0 { free.subtract(1, ordering: .relaxed) }
        return seen > 0
      }
      while seen > 0 {
        let (isDone, now) = free.compareExchange(
          expected: seen, desired: seen - 1, ordering: .relaxed)
        if isDone { return true }
        seen = now
      }
      return false
    }
  }

  /// A value that is reported as made before it is.
  static let doubleChecked = Exhibit(
    "doubleChecked", "the flag that is read without the lock is set before the value", calls: 2,
    switches: 2, size: (3, 2), scope: (3, 2)
  ) { isLawful, settings in
    Interleavings("doubleChecked", settings: settings) { MadeOnce(isLawful) }
      .operation("value") { $0.made() }
  }

  private final class MadeOnce {
    private let lock = Stage.Lock("lock")
    private let isMade = Stage.Atomic(false, "is made")
    private let value = Stage.Atomic(0, "value")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func made() -> Int {
      if !isMade.load(ordering: .acquiring) {
        lock.withLock { if !isMade.load(ordering: .relaxed) { make() } }
      }
      return value.load(ordering: .relaxed)
    }

    private func make() {
      if isLawful { value.store(42, ordering: .relaxed) }
      isMade.store(true, ordering: .releasing)
      if !isLawful { value.store(42, ordering: .relaxed) }
    }
  }

  /// A cache that two callers fill.
  static let cacheFilledTwice = Exhibit(
    "cacheFilledTwice", "the lock is free between looking for a value and keeping a new one",
    calls: 2, switches: 2, size: (3, 2), scope: (3, 2)
  ) { isLawful, settings in
    Interleavings("cacheFilledTwice", settings: settings) { Cache(isLawful) }
      .operation("value") { $0.value() }
  }

  private final class Cache {
    private let entry = Stage.Mutex<Int?>(nil, "entry")
    private let made = Stage.Atomic(0, "made")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func value() -> Int {
      if isLawful {
        return entry.withLock { entry in
          if let entry { return entry }
          let new = make()
          entry = new
          return new
        }
      }
      if let known = entry.withLock({ $0 }) { return known }
      let new = make()
      entry.withLock { $0 = new }
      return new
    }

    private func make() -> Int { made.add(1, ordering: .relaxed).newValue }
  }

  /// A sum of two accounts while money is in transit.
  static let transferHalfway = Exhibit(
    "transferHalfway", "a sum is read while money has left one account and reached no other",
    calls: 2, switches: 2, size: (2, 3), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("transferHalfway", settings: settings) { Accounts(isLawful) }
      .operation("move") { $0.move() }
      .operation("sum") { $0.sum() }
  }

  private final class Accounts {
    private let giro = Stage.Mutex(5, "giro")
    private let savings = Stage.Mutex(5, "savings")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func move() {
      if isLawful {
        return giro.withLock { giro in
          giro -= 1
          savings.withLock { $0 += 1 }
        }
      }
      giro.withLock { $0 -= 1 }
      savings.withLock { $0 += 1 }
    }

    func sum() -> Int {
      if isLawful { return giro.withLock { giro in giro + savings.withLock { $0 } } }
      return giro.withLock { $0 } + savings.withLock { $0 }
    }
  }

  /// A pair that is read while it is written.
  static let sequenceLock = Exhibit(
    "sequenceLock", "a reader does not check the version again after reading", calls: 2,
    switches: 2, size: (2, 3), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("sequenceLock", settings: settings) { VersionedPair(isLawful) }
      .operation("write") { $0.write() }
      .operation("read") { $0.read() }
      .unordered()
      .invariant("what is read belongs together") { !$0.isTorn }
  }

  private final class VersionedPair {
    private let writers = Stage.Lock("writers")
    private let version = Stage.Atomic(0, "version")
    private let left = Stage.Atomic(0, "left")
    private let right = Stage.Atomic(0, "right")
    private(set) var isTorn = false
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func write() {
      writers.withLock {
        version.add(1, ordering: .acquiringAndReleasing)
        left.add(1, ordering: .relaxed)
        right.add(1, ordering: .relaxed)
        version.add(1, ordering: .acquiringAndReleasing)
      }
    }

    /// Gives up where a reader would try again, which would add endless orders and show no more.
    func read() {
      let before = version.load(ordering: .acquiring)
      guard before.isMultiple(of: 2) else { return }
      let pair = (left.load(ordering: .acquiring), right.load(ordering: .acquiring))
      if isLawful, version.load(ordering: .acquiring) != before { return }
      if pair.0 != pair.1 { isTorn = true }
    }
  }
}
