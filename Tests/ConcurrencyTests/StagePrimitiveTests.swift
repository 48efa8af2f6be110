import Generators
import Testing

/// Two locks that are taken in two orders.
private final class TwoLocks: Sendable {
  private let left = Stage.Lock("left")
  private let right = Stage.Lock("right")
  private let gate = Stage.Lock("gate")
  private let done = Stage.Semaphore(value: 0, "done")
  private let isGated: Bool

  init(isGated: Bool = false) { self.isGated = isGated }

  private func both(_ first: Stage.Lock, _ second: Stage.Lock) {
    if isGated { gate.lock() }
    first.withLock { second.withLock {} }
    if isGated { gate.unlock() }
  }

  func leftFirst() { both(left, right) }
  func rightFirst() { both(right, left) }

  /// In two phases that can't meet.
  func begin() {
    leftFirst()
    done.signal()
  }

  func end() {
    done.wait()
    rightFirst()
  }

  static func phases(_ seed: UInt64) -> Interleavings<TwoLocks, TwoLocks> {
    Interleavings(
      "two phases", settings: PropertySettings(seed: Seed(seed), cases: 500), folder: .nowhere
    ) { TwoLocks() }
    .operation("begin", onlyThread: 1) { $0.begin() }
    .operation("end", onlyThread: 2) { $0.end() }
  }
}

/// A thread that waits for a flag, but not for long.
private final class Patience: Sendable {
  private let ready = Stage.Condition("ready")
  private let permits = Stage.Semaphore(value: 0, "permits")
  private let flag = Stage.Mutex(false, "flag")
  private let isLawful: Bool

  init(isLawful: Bool = true) { self.isLawful = isLawful }

  func await() -> Bool {
    ready.lock()
    defer { ready.unlock() }
    if flag.withLock({ $0 }) { return true }
    let isSignalled = ready.wait(milliseconds: 10)
    return isLawful ? isSignalled : true
  }

  func set() {
    ready.lock()
    flag.withLock { $0 = true }
    ready.signal()
    ready.unlock()
  }

  func take() -> Bool { permits.wait(milliseconds: 10) }
  func give() { permits.signal() }
}

/// An entry that a timer takes away.
private final class Cache: @unchecked Sendable {
  private let entry = Stage.Mutex<Int?>(nil, "entry")
  private let expiry = Stage.Timer("expiry")
  private let looksTwice: Bool

  init(looksTwice: Bool) { self.looksTwice = looksTwice }

  func put(_ value: Int) {
    entry.withLock { $0 = value }
    expiry.schedule(afterMilliseconds: 10) { [unowned self] in self.entry.withLock { $0 = nil } }
  }

  func keep() { expiry.cancel() }

  /// Whether what is there is used whole.
  func use() -> Bool {
    guard entry.withLock({ $0 != nil }) else { return true }
    return looksTwice ? entry.withLock({ $0 != nil }) : true
  }

  static func interleavings(
    _ seed: UInt64 = 1, looksTwice: Bool
  ) -> Interleavings<Cache, Cache> {
    Interleavings(
      "a cache", settings: PropertySettings(seed: Seed(seed), cases: 2_000), folder: .nowhere
    ) { Cache(looksTwice: looksTwice) }
    .operation("put", .integers(in: 1...9)) { $0.put($1) }
    .operation("keep") { $0.keep() }
    .operation("use") { $0.use() }
  }
}

/// A timer that is set twice, and cancelled.
private final class Alarm: @unchecked Sendable {
  private let timer = Stage.Timer("alarm")
  private var count = 0

  func staysQuiet() -> Bool {
    for _ in 0..<2 { timer.schedule(afterMilliseconds: 10) { [unowned self] in count += 1 } }
    timer.cancel()
    let before = count
    for _ in 0..<6 { point("waits for a while") }
    return count == before
  }
}

/// A register whose readers remember what they read.
private final class Register: Sendable {
  private let value = Stage.Atomic(0, "value")
  private let remembered = Stage.Atomic(-1, "remembered")
  private let remembers: Bool

  init(remembers: Bool) { self.remembers = remembers }

  func write(_ number: Int) { value.store(number, ordering: .releasing) }

  func read() -> Int {
    let known = remembered.load(ordering: .acquiring)
    if remembers, known >= 0 { return known }
    let number = value.load(ordering: .acquiring)
    remembered.store(number, ordering: .releasing)
    return number
  }

  static func interleavings(
    _ seed: UInt64 = 1, remembers: Bool
  ) -> Interleavings<Register, Int> {
    Interleavings(
      "a register", model: 0, settings: PropertySettings(seed: Seed(seed), cases: 2_000),
      folder: .nowhere
    ) { Register(remembers: remembers) }
    .operation("write", .integers(in: 1...2), { $0.write($1) }, model: { $0 = $1 })
    .operation("read", { $0.read() }, model: { $0 })
  }
}

@Suite struct `Primitives of a stage` {
  @Test(arguments: 1...5)
  func `that are locks show in which order they are taken`(seed: Int) throws {
    let report = try TwoLocks.phases(UInt64(seed)).check(operations: 1)
    #expect(
      report.inversion
        == "thread 1 takes right while it holds left; thread 2 takes left while it holds right")
    let failure = try #require(throws: InterleavingFailure.self) {
      try TwoLocks.phases(UInt64(seed)).locksInOneOrder().check(operations: 1)
    }
    #expect(failure.law == "locks are taken in one order")
    #expect((failure.calls, failure.threads, failure.switches) == (2, 2, 1))
  }

  @Test func `may be taken in two orders where a third lock keeps all others out`() throws {
    let report = try Interleavings("a gate", folder: .nowhere) { TwoLocks(isGated: true) }
      .operation("left first") { $0.leftFirst() }
      .operation("right first") { $0.rightFirst() }
      .locksInOneOrder()
      .prove(threads: 2, operations: 1)
    #expect(report.inversion == nil)
  }

  @Test func `that wait for so long come back with a signal or without one`() throws {
    for (isLawful, isRight) in [(true, true), (false, false)] {
      let statement = Interleavings("patience", folder: .nowhere) {
        Patience(isLawful: isLawful)
      }
      .operation("await", { $0.await() })
      .operation("set") { $0.set() }
      if isRight {
        try statement.prove(threads: 2, operations: 2)
      } else {
        try #require(throws: InterleavingFailure.self) {
          try statement.invariant("stays", { !$0.await() }).prove(threads: 2, operations: 1)
        }
      }
    }
    try Interleavings("permits", folder: .nowhere) { Patience() }
      .operation("take") { $0.take() }
      .operation("give") { $0.give() }
      .prove(threads: 2, operations: 2)
  }

  @Test(arguments: 1...5)
  func `that are timers go off whenever others may have been slow`(seed: Int) throws {
    let failure = try #require(throws: InterleavingFailure.self) {
      try Cache.interleavings(UInt64(seed), looksTwice: true).check()
    }
    #expect((failure.calls, failure.threads) == (2, 1))
    #expect(failure.description.contains("expiry goes off"))
    try Cache.interleavings(UInt64(seed), looksTwice: false).check()
  }

  @Test func `that are timers never go off once they are cancelled`() throws {
    try Interleavings("an alarm", folder: .nowhere) { Alarm() }
      .operation("cancel") { $0.staysQuiet() }
      // Too many orders to be enumerated: what is counted no primitive guards, so that an
      // enumeration sees nothing in it to be tried the other way round.
      .check(threads: 1, operations: 3, executions: 500)
  }

  @Test func `wait for real off the stage`() {
    let permits = Stage.Semaphore(value: 0)
    #expect(!permits.wait(milliseconds: 1))
    permits.signal()
    #expect(permits.wait(milliseconds: 1_000))
    let condition = Stage.Condition()
    condition.lock()
    #expect(!condition.wait(milliseconds: 1))
    condition.unlock()
    let timer = Stage.Timer()
    timer.schedule(afterMilliseconds: 60_000) {}
    timer.schedule(afterMilliseconds: 1) { permits.signal() }
    #expect(permits.wait(milliseconds: 10_000))
    timer.schedule(afterMilliseconds: 5) { permits.signal() }
    timer.cancel()
    #expect(!permits.wait(milliseconds: 50))
  }
}

@Suite struct `Answers of calls` {
  @Test(arguments: 1...5)
  func `may not be older than what had ended before`(seed: Int) throws {
    let failure = try #require(throws: InterleavingFailure.self) {
      try Register.interleavings(UInt64(seed), remembers: true).check()
    }
    #expect(failure.law == "the calls have an order")
    #expect(failure.calls == 3)
    try Register.interleavings(UInt64(seed), remembers: false).check()
    try Register.interleavings(remembers: false).prove(threads: 2, operations: 2)
    try #require(throws: InterleavingFailure.self) {
      try Register.interleavings(remembers: true).prove(threads: 2, operations: 2)
    }
  }

  @Test func `are put in order part by part`() throws {
    let failure = try #require(throws: InterleavingFailure.self) {
      try Interleavings(
        "a map", model: [Int: Int](), settings: PropertySettings(seed: Seed(1)), folder: .nowhere
      ) { Counts() }
      .operation(
        "add", .integers(in: 0...7), part: { $0 }, { $0.add($1) },
        model: { map, key in
          map[key, default: 0] += 1
          return map[key] ?? 0
        }
      )
      .check(threads: 3, operations: 4)
    }
    #expect(failure.calls == 2)
  }

  @Test func `are not gone on from where the same calls led to the same state before`() {
    let history = CallHistory()
    history.reserve(9)
    for call in 0..<9 { history.begin(call, at: 1) }
    for call in 0..<9 { history.end(call, at: 2, touch: 2) }
    // Nine calls at the same time, of which the last in order never agrees.
    func outcome(knowsStates: Bool) -> OrderSearch.Outcome {
      var search = OrderSearch(Array(0..<9), history, limit: 5_000)
      return search.run { order in
        OrderSearch.Answer(agrees: order.count < 9, state: knowsStates ? order.count : nil)
      }
    }
    #expect(outcome(knowsStates: true) == .none)
    #expect(outcome(knowsStates: false) == .gaveUp)
  }
}

/// How often each key was added, with a look before the leap.
private final class Counts: Sendable {
  private let counts = Stage.Mutex<[Int: Int]>([:], "counts")

  func add(_ key: Int) -> Int {
    let count = counts.withLock { $0[key] ?? 0 } + 1
    counts.withLock { $0[key] = count }
    return count
  }
}
