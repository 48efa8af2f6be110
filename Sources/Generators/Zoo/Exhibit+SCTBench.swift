// Programs of SCTBench (Paul Thomson, Alastair Donaldson and Adam Betts, "Concurrency Testing Using
// Schedule Bounding: an Empirical Study", PPoPP 2014), each with few threads and with many: what
// matters is done by two of them, and the others are in the way.

extension Exhibit {
  private static let threads = [3, 10, 20]

  /// Two values that are set one after the other.
  static let reorder = threads.map { threads in
    Exhibit(
      "reorder\(threads)", "of two values set in a row, the first is seen without the second",
      calls: 2, switches: 2, size: (threads, 1), scope: (4, 1)
    ) { isLawful, settings in
      Interleavings("reorder\(threads)", settings: settings) { TwoValues(isLawful) }
        .operation("check", onlyThread: 1) { $0.check() }
        .operation("set") { $0.set() }
        .unordered()
        .invariant("both are set or none is") { !$0.wasTorn }
    }
  }

  private final class TwoValues {
    private let lock = Stage.Lock("both")
    private let a = Stage.Atomic(0, "a")
    private let b = Stage.Atomic(0, "b")
    private(set) var wasTorn = false
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func set() {
      guarded {
        a.store(1, ordering: .relaxed)
        b.store(-1, ordering: .relaxed)
      }
    }

    func check() {
      guarded {
        let seen = (a.load(ordering: .relaxed), b.load(ordering: .relaxed))
        if seen != (0, 0), seen != (1, -1) { wasTorn = true }
      }
    }

    private func guarded(_ body: () -> Void) {
      if isLawful { lock.withLock(body) } else { body() }
    }
  }

  /// A value that follows from another one, each behind its own lock.
  static let twoStage = threads.map { threads in
    Exhibit(
      "twoStage\(threads)", "no lock is held between a value and the one that follows from it",
      calls: 2, switches: 2, size: (threads, 1), scope: (4, 1)
    ) { isLawful, settings in
      Interleavings("twoStage\(threads)", settings: settings) { TwoStages(isLawful) }
        .operation("check", onlyThread: 1) { $0.check() }
        .operation("work") { $0.work() }
        .unordered()
        .invariant("the second follows from the first") { !$0.wasTorn }
    }
  }

  private final class TwoStages {
    private let lock = Stage.Lock("both")
    private let first = Stage.Mutex(0, "first")
    private let second = Stage.Mutex(0, "second")
    private(set) var wasTorn = false
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func work() {
      guarded {
        first.withLock { $0 = 1 }
        let seen = first.withLock { $0 }
        second.withLock { $0 = seen + 1 }
      }
    }

    func check() {
      guarded {
        let seen = first.withLock { $0 }
        if seen != 0, second.withLock({ $0 }) != seen + 1 { wasTorn = true }
      }
    }

    private func guarded(_ body: () -> Void) {
      if isLawful { lock.withLock(body) } else { body() }
    }
  }

  /// A value guarded by one lock in most threads, and by another in one of them.
  static let wrongLock = threads.map { threads in
    Exhibit(
      "wrongLock\(threads)", "one thread takes another lock than those it shares the value with",
      calls: 2, switches: 2, size: (threads, 1), scope: (4, 1)
    ) { isLawful, settings in
      Interleavings("wrongLock\(threads)", settings: settings) { TwoGuards(isLawful) }
        .operation("change wrongly", onlyThread: 1) { $0.changeWrongly() }
        .operation("change") { $0.change() }
        .unordered()
        .invariant("nobody else changes what one changes") { !$0.wasShared }
    }
  }

  private final class TwoGuards {
    private let right = Stage.Lock("right")
    private let wrong = Stage.Lock("wrong")
    private let value = Stage.Atomic(0, "value")
    private(set) var wasShared = false
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func change() { right.withLock(changeValue) }

    func changeWrongly() { (isLawful ? right : wrong).withLock(changeValue) }

    private func changeValue() {
      let seen = value.load(ordering: .relaxed)
      value.store(seen + 1, ordering: .relaxed)
      if value.load(ordering: .relaxed) != seen + 1 { wasShared = true }
    }
  }
}
