extension Exhibit {
  /// A stack that mistakes a node that has come back for one that never left.
  static let stackReusesNode = Exhibit(
    "stackReusesNode", "the top node was taken and came back meanwhile, with another one below it",
    calls: 4, switches: 2, size: (2, 4), scope: (2, 3)
  ) { isLawful, settings in
    Interleavings("stackReusesNode", settings: settings) { Stack(isLawful) }
      .operation("push") { $0.push() }
      .operation("pop") { $0.pop() }
      .unordered()
      .invariant("a node is on the stack or free") { $0.isWhole }
  }

  /// A stack as R. Kent Treiber described it ("Systems Programming: Coping with Parallelism",
  /// 1986), with two nodes, which are numbers from 1.
  private final class Stack {
    private static let nodes = 2
    /// What each change adds to the top, whose last digit is the node.
    private static let change = 10

    private let top = Stage.Atomic(1, "top")
    private let below = AtomicRow([0, 2, 0], "below")
    /// Used in the order in which they became free.
    private let free = Stage.Mutex<[Int]>([], "free nodes")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func push() {
      guard let node = free.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return }
      var seen = top.load(ordering: .acquiring)
      repeat {
        below.store(seen % Self.change, at: node)
      } while !replaceTop(&seen, by: node)
    }

    func pop() {
      var seen = top.load(ordering: .acquiring)
      var node: Int
      repeat {
        node = seen % Self.change
        if node == 0 { return }
      } while !replaceTop(&seen, by: below.load(node))
      free.withLock { $0.append(node) }
    }

    private func replaceTop(_ seen: inout Int, by node: Int) -> Bool {
      let changes = isLawful ? seen / Self.change + 1 : 0
      let (isDone, now) = top.compareExchange(
        expected: seen, desired: changes * Self.change + node, ordering: .acquiringAndReleasing)
      seen = now
      return isDone
    }

    var isWhole: Bool {
      var nodes = free.withLock { $0 }
      var node = top.load(ordering: .relaxed) % Self.change
      while node != 0, nodes.count <= Self.nodes {
        nodes.append(node)
        node = below.load(node)
      }
      return nodes.sorted() == Array(1...Self.nodes)
    }
  }

  /// A queue in which nobody makes progress once a thread has stopped halfway.
  static let queueWithoutHelp = Exhibit(
    "queueWithoutHelp", "a thread waits for another one to move the tail to its node", calls: 2,
    switches: 1, size: (2, 3), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("queueWithoutHelp", settings: settings) { LinkedQueue(isLawful) }
      .operation("enqueue") { $0.enqueue() }
      .operation("dequeue") { $0.dequeue() }
      .lockFree().steps(atMost: 400)
  }

  /// The queue of Maged Michael and Michael Scott ("Simple, Fast, and Practical Non-Blocking and
  /// Blocking Concurrent Queue Algorithms", PODC 1996). Nodes are numbers, and none is reused.
  private final class LinkedQueue {
    private let first = Stage.Atomic(0, "first")
    private let last = Stage.Atomic(0, "last")
    private let next = AtomicRow(repeatElement(0, count: 10), "next")
    private let made = Stage.Atomic(0, "nodes")
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func enqueue() {
      let node = made.add(1, ordering: .relaxed).newValue
      while true {
        let end = last.load(ordering: .acquiring)
        let after = next.load(end)
        if after != 0 {
          help(end, after)
        } else if next.replace(0, by: node, at: end) {
          _ = last.compareExchange(
            expected: end, desired: node, ordering: .acquiringAndReleasing)
          return
        }
      }
    }

    /// - Returns: whether there was anything.
    func dequeue() -> Bool {
      while true {
        let start = first.load(ordering: .acquiring)
        let end = last.load(ordering: .acquiring)
        let after = next.load(start)
        if after == 0 { return false }
        if start == end {
          help(end, after)
        } else if first.compareExchange(
          expected: start, desired: after, ordering: .acquiringAndReleasing
        ).exchanged {
          return true
        }
      }
    }

    private func help(_ end: Int, _ after: Int) {
      guard isLawful else { return }
      _ = last.compareExchange(expected: end, desired: after, ordering: .acquiringAndReleasing)
    }
  }

  /// A deque whose last element both the owner and a thief take.
  static let dequeTakenTwice = Exhibit(
    "dequeTakenTwice", "the owner takes the last element without asking whether a thief did",
    calls: 2, switches: 2, size: (2, 3), scope: (2, 3)
  ) { isLawful, settings in
    Interleavings("dequeTakenTwice", settings: settings) { Deque(isLawful) }
      .operation("push", onlyThread: 1) { $0.push() }
      .operation("pop", onlyThread: 1) { $0.pop() }
      .operation("steal", onlyThread: 2) { $0.steal() }
  }

  /// The deque of David Chase and Yossi Lev ("Dynamic Circular Work-Stealing Deque", SPAA 2005),
  /// in an array that never fills.
  private final class Deque {
    private let top = Stage.Atomic(0, "top")
    private let bottom = Stage.Atomic(1, "bottom")
    private let elements = AtomicRow([1] + Array(repeating: 0, count: 7), "element")
    private var pushed = 1
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func push() {
      pushed += 1
      let end = bottom.load(ordering: .relaxed)
      elements.store(pushed, at: end)
      bottom.store(end + 1, ordering: .releasing)
    }

    func pop() -> Int? {
      let end = bottom.load(ordering: .relaxed) - 1
      bottom.store(end, ordering: .sequentiallyConsistent)
      let start = top.load(ordering: .sequentiallyConsistent)
      if start > end {
        bottom.store(start, ordering: .relaxed)
        return nil
      }
      let element = elements.load(end)
      if start < end || !isLawful { return element }
      let isMine = isTop(start)
      bottom.store(start + 1, ordering: .relaxed)
      return isMine ? element : nil
    }

    func steal() -> Int? {
      while true {
        let start = top.load(ordering: .acquiring)
        let end = bottom.load(ordering: .acquiring)
        if start >= end { return nil }
        let element = elements.load(start)
        if isTop(start) { return element }
      }
    }

    /// Advances the top, unless another thread did.
    private func isTop(_ start: Int) -> Bool {
      top.compareExchange(
        expected: start, desired: start + 1, ordering: .sequentiallyConsistent
      ).exchanged
    }
  }

  /// A set to which two threads add the same element.
  static let listWithoutValidation = Exhibit(
    "listWithoutValidation", "what was found without locks is not checked again under them",
    calls: 2, switches: 2, size: (2, 3), scope: (2, 2)
  ) { isLawful, settings in
    Interleavings("listWithoutValidation", settings: settings) { SortedList(isLawful) }
      .operation("add", .integers(in: 1...2)) { $0.add($1) }
      .operation("remove", .integers(in: 1...2)) { $0.remove($1) }
      .operation("contains", .integers(in: 1...2)) { $0.contains($1) }
  }

  /// The lazy list of Steve Heller and others ("A Lazy Concurrent List-Based Set Algorithm", OPODIS
  /// 2005). Nodes are numbers, and none is reused: 0 begins the list, 1 ends it.
  private final class SortedList {
    private var keys = [Int.min, Int.max]
    private let next = AtomicRow([1] + Array(repeating: 0, count: 9), "next")
    private let isGone = AtomicRow(repeatElement(0, count: 10), "is gone")
    private let locks = (0..<10).map { Stage.Lock("node \($0)") }
    private let isLawful: Bool

    init(_ isLawful: Bool) { self.isLawful = isLawful }

    func add(_ key: Int) -> Bool {
      change(key) { before, node in
        if keys[node] == key { return false }
        keys.append(key)
        next.store(node, at: keys.count - 1)
        next.store(keys.count - 1, at: before)
        return true
      }
    }

    func remove(_ key: Int) -> Bool {
      change(key) { before, node in
        guard keys[node] == key else { return false }
        isGone.store(1, at: node)
        next.store(next.load(node), at: before)
        return true
      }
    }

    func contains(_ key: Int) -> Bool {
      let node = find(key).node
      return keys[node] == key && isGone.load(node) == 0
    }

    private func find(_ key: Int) -> (before: Int, node: Int) {
      var (before, node) = (0, next.load(0))
      while keys[node] < key { (before, node) = (node, next.load(node)) }
      return (before, node)
    }

    private func change(_ key: Int, _ body: (_ before: Int, _ node: Int) -> Bool) -> Bool {
      while true {
        let (before, node) = find(key)
        let result: Bool? = locks[before].withLock {
          locks[node].withLock {
            !isLawful || isValid(before, node) ? body(before, node) : nil
          }
        }
        if let result { return result }
      }
    }

    private func isValid(_ before: Int, _ node: Int) -> Bool {
      isGone.load(before) == 0 && isGone.load(node) == 0 && next.load(before) == node
    }
  }
}
