extension Exhibit {
  /// Two locks that are taken in both orders.
  package static let twoLocks = Exhibit(
    "twoLocks", "one call takes two locks in one order, another in the other", calls: 2,
    switches: 1, size: (2, 3), scope: (3, 2)
  ) { isLawful, settings in
    Interleavings("twoLocks", settings: settings) { Pair(isLawful) }
      .operation("move right") { $0.moveRight() }
      .operation("move left") { $0.moveLeft() }
  }

  private final class Pair {
    private let left = Stage.Lock("left")
    private let right = Stage.Lock("right")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func moveRight() { left.withLock { right.withLock {} } }

    func moveLeft() {
      if isLawful { return moveRight() }
      right.withLock { left.withLock {} }
    }
  }

  /// Three philosophers, each of whom takes the left fork first.
  package static let philosophers = Exhibit(
    "philosophers", "all take the fork at their left, and wait for the one at their right",
    calls: 3, switches: 2, size: (3, 2), scope: (3, 2)
  ) { isLawful, settings in
    Interleavings("philosophers", settings: settings) { Philosophers(isLawful) }
      .operation("first eats", onlyThread: 1) { $0.eat(0) }
      .operation("second eats", onlyThread: 2) { $0.eat(1) }
      .operation("third eats", onlyThread: 3) { $0.eat(2) }
  }

  private final class Philosophers {
    private let forks = (1...3).map { Stage.Lock("fork \($0)") }
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func eat(_ seat: Int) {
      let (left, right) = (forks[seat], forks[(seat + 1) % 3])
      // One who reaches for the right fork first is enough to break the cycle.
      let isOther = isLawful && seat == 2
      (isOther ? right : left).withLock { (isOther ? left : right).withLock {} }
    }
  }

  /// Two readers who both want to write.
  static let upgrade = Exhibit(
    "upgrade", "two readers want to write, and each waits for the other to stop reading", calls: 2,
    switches: 2, size: (3, 2), scope: (2, 1)
  ) { isLawful, settings in
    Interleavings("upgrade", settings: settings) { Document(isLawful) }
      .operation("read") { $0.read() }
      .operation("update") { $0.update() }
      .unordered()
  }

  /// A document read by many or written by one, where a reader may become the writer.
  private final class Document {
    private struct State {
      var readers = 0
      var isWritten = false
      /// Whether a reader waits for the others to leave.
      var isUpgraded = false
    }

    private let state = Stage.Mutex(State(), "state")
    private let changed = Stage.Condition("readers to leave")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func read() {
      enter()
      leave()
    }

    func update() {
      enter()
      if isLawful, !isFirstToUpgrade() {
        // Only one can be the first to write; others have to start over.
        leave()
        changed.wait(
          state, until: { $0.readers == 0 && !$0.isWritten }, then: { $0.isWritten = true })
      } else {
        changed.wait(
          state, until: { $0.readers == 1 }, then: { $0 = State(readers: 0, isWritten: true) })
      }
      state.withLock { $0.isWritten = false }
      changed.broadcast()
    }

    private func isFirstToUpgrade() -> Bool {
      state.withLock { state in
        defer { state.isUpgraded = true }
        return !state.isUpgraded
      }
    }

    private func enter() {
      changed.wait(state, until: { !$0.isWritten }, then: { $0.readers += 1 })
    }

    private func leave() {
      state.withLock { $0.readers -= 1 }
      changed.broadcast()
    }
  }

  /// A reader that becomes a writer, with a moment in between.
  static let upgradeInTwo = Exhibit(
    "upgradeInTwo", "what was read is written back, though the lock was free in between", calls: 2,
    switches: 2, size: (2, 3), scope: (3, 1)
  ) { isLawful, settings in
    Interleavings("upgradeInTwo", settings: settings) { Tally(isLawful) }
      .operation("increment") { $0.increment() }
  }

  private final class Tally {
    private let lock = Stage.ReadWriteLock("tally")
    private var count = 0
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func increment() -> Int {
      let seen = lock.withReadLock { count }
      return lock.withWriteLock {
        count = (isLawful ? count : seen) + 1
        return count
      }
    }
  }

  /// A lock that hands out the same ticket twice.
  static let ticketLock = Exhibit(
    "ticketLock", "there are fewer tickets than threads, so that two hold the same one", calls: 3,
    switches: 4, size: (3, 2), scope: (3, 1)
  ) { isLawful, settings in
    Interleavings("ticketLock", settings: settings) { Counter(tickets: isLawful ? 256 : 2) }
      .operation("increment") { $0.increment() }
  }

  /// A counter behind a lock that serves threads in order of arrival.
  private final class Counter {
    private struct Tickets {
      var next = 0
      var served = 0
    }

    private let tickets = Stage.Mutex(Tickets(), "tickets")
    private let turn = Stage.Condition("its turn")
    private let count = Stage.Atomic(0, "count")
    private let most: Int

    init(tickets: Int) { most = tickets }

    func increment() -> Int {
      let most = most
      let mine = tickets.withLock { tickets in
        defer { tickets.next = (tickets.next + 1) % most }
        return tickets.next
      }
      turn.wait(tickets, until: { $0.served == mine }, then: { _ in })
      let next = count.load(ordering: .relaxed) + 1
      count.store(next, ordering: .relaxed)
      tickets.withLock { $0.served = ($0.served + 1) % most }
      turn.broadcast()
      return next
    }
  }
}
