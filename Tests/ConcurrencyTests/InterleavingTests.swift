import Foundation
import Generators
import Testing

/// A queue that looks whether there is room before it takes the lock to add.
private final class Queue: Sendable {
  private let items = Stage.Mutex<[Int]>([], "items")
  private let isLawful: Bool

  init(isLawful: Bool = false) { self.isLawful = isLawful }

  func push(_ value: Int) -> Bool {
    if isLawful { return items.withLock { Self.add(value, to: &$0) } }
    guard items.withLock({ $0.count < 2 }) else { return false }
    items.withLock { $0.append(value) }
    return true
  }

  private static func add(_ value: Int, to items: inout [Int]) -> Bool {
    guard items.count < 2 else { return false }
    items.append(value)
    return true
  }

  func pop() -> Int? { items.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

  var count: Int { items.withLock { $0.count } }

  static func interleavings(
    _ seed: UInt64 = 1, isLawful: Bool = false, in folder: CaseFolder? = nil
  ) -> Interleavings<Queue, Queue> {
    Interleavings(
      "a bounded queue", settings: PropertySettings(seed: Seed(seed), cases: 5_000),
      folder: folder ?? .nowhere
    ) { Queue(isLawful: isLawful) }
    .operation("push", .integers(in: 1...9)) { queue, value in queue.push(value) }
    .operation("pop") { queue in queue.pop() }
    .invariant("is never too long") { queue in queue.count <= 2 }
  }
}

extension CaseFolder {
  /// A folder that is not there, where nothing can be kept.
  static let nowhere = CaseFolder(path: "/dev/null/none")
}

private func failure(_ body: () throws -> Void) throws -> InterleavingFailure {
  try #require(throws: InterleavingFailure.self, performing: body)
}

@Suite struct `Interleavings of one's own code` {
  @Test(arguments: 1...5)
  func `find a check that is not one with its act, and print the least of it`(seed: Int) throws {
    let failure = try failure {
      try Queue.interleavings(UInt64(seed)).unordered().check(threads: 3)
    }
    #expect(failure.law == "is never too long")
    #expect((failure.calls, failure.threads, failure.switches) == (3, 2, 2))
  }

  @Test func `print who did what, and whose order is to blame`() throws {
    let failure = try failure { try Queue.interleavings().check(threads: 2) }
    let lines = failure.description.split(separator: "\n").map(String.init)
    #expect(lines[0] == "✘ a bounded queue: is never too long")
    #expect(lines.contains { $0.hasPrefix("  guilty: push(1) on thread") })
    #expect(lines.contains { $0.contains("stops after releasing items") })
    #expect(lines.contains { $0.contains("replay: STRESS_SEED=0x1 swift test --filter '") })
  }

  @Test func `find nothing in the lawful version, in all orders of all small programs`() throws {
    let report = try Queue.interleavings(isLawful: true).check(threads: 3)
    #expect(report.executions == 5_000 && report.undecided == 0)
    let proof = try Queue.interleavings(isLawful: true).prove(threads: 2, operations: 2)
    #expect(proof.isProof && proof.programs == proof.exhausted)
    #expect(proof.programs == 27)
  }

  @Test func `give the same failure for the same seed`() throws {
    let failures = try (0..<2).map { _ in
      try failure { try Queue.interleavings(7).check(threads: 3) }.caseText
    }
    #expect(failures[0] == failures[1])
  }

  @Test func `call it an order that no calls explain`() throws {
    let failure = try failure {
      try Interleavings(
        "a counter", settings: PropertySettings(seed: Seed(1)), folder: .nowhere
      ) { Stage.AtomicCounter() }
      .operation("increment") { $0.increment() }.check()
    }
    #expect(failure.law == "the calls have an order")
    #expect(failure.description.contains("increment() → 1, increment() → 1"))
    #expect((failure.calls, failure.switches) == (2, 2))
  }

  @Test func `say so if nothing is called what an invariant says`() throws {
    let failure = try failure {
      try Queue.interleavings(isLawful: true)
        .invariant("is never too long", whenFree: "itmes") { $0.count <= 2 }.check()
    }
    #expect(
      failure.description == "✘ a bounded queue: an invariant holds when \"itmes\" is free, "
        + "and no lock on the stage has that name")
  }

  @Test func `compare with a model`() throws {
    let settings = PropertySettings(seed: Seed(1))
    let failure = try failure {
      try Interleavings("a set", model: Set<Int>(), settings: settings, folder: .nowhere) {
        Queue(isLawful: true)
      }
      .operation("add", { $0.push(1) }, model: { $0.insert(1).inserted }).check()
    }
    // A queue takes what it has already.
    #expect(failure.law == "the calls have an order" && failure.calls == 2)
  }
}

extension Stage {
  /// A counter that reads and writes in two steps.
  fileprivate final class AtomicCounter: Sendable {
    private let count = Stage.Atomic(0, "count")

    func increment() -> Int {
      let next = count.load(ordering: .relaxed) + 1
      count.store(next, ordering: .relaxed)
      return next
    }
  }
}

@Suite struct `Threads on a stage` {
  private final class Two: Sendable {
    let first = Stage.Lock("first")
    let second = Stage.Lock("second")
    let flag = Stage.Atomic(false, "flag")
    let notEmpty = Stage.Condition("not empty")
    let permits = Stage.Semaphore(value: 0, "permits")
  }

  private func stated(_ name: String) -> Interleavings<Two, Two> {
    Interleavings(name, settings: PropertySettings(seed: Seed(1)), folder: .nowhere) { Two() }
  }

  @Test func `that wait for each other are named, with what they hold`() throws {
    let failure = try failure {
      try stated("two locks")
        .operation("ab") { two in two.first.withLock { two.second.withLock {} } }
        .operation("ba") { two in two.second.withLock { two.first.withLock {} } }
        .check()
    }
    #expect(failure.law == "nobody waits for ever" && failure.calls == 2)
    #expect(failure.description.contains("waits for second, which thread"))
    #expect(failure.description.contains("waits for first, which thread"))
  }

  @Test func `that wait where a model would wait as well may do so`() throws {
    let report = try stated("a semaphore")
      .operation("wait") { $0.permits.wait() }
      .operation("signal") { $0.permits.signal() }
      .check(threads: 2, operations: 2)
    #expect(report.executions > 1_000)
  }

  @Test func `that miss a signal are found`() throws {
    let failure = try failure {
      try stated("a missed signal")
        .operation("wait", onlyThread: 1) { two in
          if two.flag.load(ordering: .acquiring) { return }
          two.notEmpty.lock()
          two.notEmpty.wait()
          two.notEmpty.unlock()
        }
        .operation("set", onlyThread: 2) { two in
          two.flag.store(true, ordering: .releasing)
          two.notEmpty.signal()
        }
        .check(threads: 2, operations: 1)
    }
    #expect(failure.law == "nobody misses a signal")
    #expect(failure.description.contains("thread 1 waits for not empty"))
    #expect((failure.calls, failure.switches) == (2, 2))
  }

  @Test func `that spin for ever come to an end`() throws {
    let failure = try failure {
      try stated("a spinner")
        .operation("spin") { two in while !two.flag.load(ordering: .acquiring) {} }
        .steps(atMost: 500).check(threads: 2, operations: 1)
    }
    #expect(failure.law == "all calls come to an end" && failure.calls == 1)
  }

  @Test func `that spin until another is done are no failure`() throws {
    let report = try stated("a patient spinner")
      .operation("spin", onlyThread: 1) { two in while !two.flag.load(ordering: .acquiring) {} }
      .operation("set", onlyThread: 2) { two in two.flag.store(true, ordering: .releasing) }
      .check(threads: 2, operations: 1, executions: 50)
    #expect(report.executions == 50 && report.exhausted == 0)
  }

  @Test func `that end with a lock are told of`() throws {
    let failure = try failure {
      try stated("a lock kept").operation("keep") { $0.first.lock() }
        .check(threads: 1, operations: 1)
    }
    #expect(failure.law == "locks are given back")
  }

  @Test func `that reach no switch point are told to`() throws {
    let failure = try failure { try stated("nothing").operation("no") { _ in }.check() }
    #expect(failure.description.contains("no switch point was reached"))
  }

  @Test func `that throw have answered`() throws {
    struct Empty: Error {}
    let report = try stated("thrower")
      .operation("fail") { (two: Two) throws in
        two.first.lock()
        two.first.unlock()
        throw Empty()
      }
      .check(executions: 200)
    #expect(report.executions == 200)
  }

  @Test func `race where points say so`() throws {
    final class Racy: @unchecked Sendable {
      private var count = 0

      func increment() -> Int {
        point("reads count")
        let old = count
        point("writes count")
        count = old + 1
        return old + 1
      }
    }
    let failure = try failure {
      try Interleavings("racy", settings: PropertySettings(seed: Seed(1)), folder: .nowhere) {
        Racy()
      }
      .operation("increment") { $0.increment() }.check()
    }
    #expect(failure.description.contains("reads count before increment() on thread"))
  }

  @Test func `sleep until nobody else can go on`() throws {
    let report = try stated("sleepers")
      .operation("sleep", onlyThread: 1) { two in
        Stage.Clock.sleep(milliseconds: 1_000)
        two.first.withLock {}
      }
      .operation("work", onlyThread: 2) { $0.first.withLock {} }
      .check(executions: 200)
    #expect(report.executions == 200)
  }
}

@Suite(.serialized) struct `A kept case of one's own code` {
  @Test func `is tried first, and retired once it holds`() throws {
    let process = ProcessInfo.processInfo.processIdentifier
    let folder = CaseFolder(path: NSTemporaryDirectory() + "interleavings-\(process)")
    let first = try failure { try Queue.interleavings(in: folder).check(threads: 3) }
    let second = try failure { try Queue.interleavings(in: folder).check(threads: 3) }
    #expect(first.executions > 0 && second.executions == 0)
    #expect(second.description.contains("found by replay, exact"))
    #expect(first.caseText == second.caseText)
    let report = try Queue.interleavings(isLawful: true, in: folder).check(threads: 3)
    #expect(report.retired.count == 1)
    #expect(try Queue.interleavings(isLawful: true, in: folder).check(threads: 3).retired.isEmpty)
  }

  @Test func `of more threads than there are now is tried as it is`() throws {
    let process = ProcessInfo.processInfo.processIdentifier
    let folder = CaseFolder(path: NSTemporaryDirectory() + "interleavings-more-\(process)")
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    let text = """
      stress interleaving, version 1
      name: a bounded queue
      threads: 5
      thread 4: push(1) from 0
      thread 5: push(1) from 0
      turns:
      thread 4 to its end
      """
    let path = folder.path + "/a-bounded-queue-0.case"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let report = try Queue.interleavings(isLawful: true, in: folder).check(threads: 2)
    #expect(report.retired == [path])
  }

  @Test func `that is no case is refused, in which line it says`() throws {
    let texts = [
      "", "stress interleaving, version 1\nname: x\nthread 1: push(1) from 0",
      "stress interleaving, version 1\nname: x\nthreads: 99",
      "stress interleaving, version 1\nname: x\nthreads: 1\nthread 1: pull()",
      "stress interleaving, version 1\nname: x\nthreads: 1\nturns:\nthread 2 to its end",
      "stress interleaving, version 1\nname: x\nthreads: 1\nthread 1: pop() from 99x",
    ]
    for text in texts { #expect(throws: (any Error).self) { try Self.read(text) } }
  }

  private static func read(_ text: String) throws {
    _ = try CallCaseFile(parsing: text, ["push", "pop"])
  }
}
