/// When calls began, ended, and touched something last, by their numbers.
package final class CallHistory {
  /// Of a call; 0 for what did not happen.
  private struct Times {
    var begin: UInt32 = 0
    var end: UInt32 = 0
    var touch: UInt32 = 0
  }

  @exclusivity(unchecked) private var times = UnsafeMutablePointer<Times>.allocate(capacity: 0)
  @exclusivity(unchecked) private var count = 0

  package init() {}

  deinit { times.deallocate() }

  /// Makes room for so many calls, none of which has begun.
  package func reserve(_ count: Int) {
    times.deallocate()
    times = .allocate(capacity: count)
    self.count = count
    clear()
  }

  func clear() { times.initialize(repeating: Times(), count: count) }

  package func begin(_ number: Int, at clock: UInt32) {
    assert(number >= 0 && number < count, "there is no call \(number)")
    times[number] = Times(begin: clock)
  }

  /// - Parameter touch: when the call's thread touched something last.
  package func end(_ number: Int, at clock: UInt32, touch: UInt32) {
    assert(number >= 0 && number < count, "there is no call \(number)")
    let begin = times[number].begin
    times[number] = Times(begin: begin, end: clock, touch: max(touch, begin))
  }

  func hasBegun(_ number: Int) -> Bool { times[number].begin != 0 }

  func hasEnded(_ number: Int) -> Bool { times[number].end != 0 }

  /// When a call touched something last: most calls take effect then.
  func touch(_ number: Int) -> UInt32 { times[number].touch }

  /// The numbers of the calls that ended, in the order in which they touched something last.
  var ended: [Int] {
    var ended: [Int] = []
    ended.reserveCapacity(count)
    for number in 0..<count where hasEnded(number) {
      var place = ended.count
      ended.append(number)
      while place > 0, touch(ended[place - 1]) > touch(number) {
        ended.swapAt(place - 1, place)
        place -= 1
      }
    }
    return ended
  }

  /// Whether one call had ended before another began.
  func precedes(_ first: Int, _ second: Int) -> Bool {
    hasEnded(first) && times[first].end < times[second].begin
  }
}

/// Looks for an order of calls that a model answers as the system did.
///
/// Wing and Gong, "Testing and Verifying Concurrent Objects" (1993): depth first, one call after
/// the other, among those that no call left out had ended before. A model can't be taken back, so
/// each order is asked from its first call on. Where its states can be compared, the same calls
/// that lead to the same state once more are not gone on from: Lowe, "Testing for Linearizability"
/// (2017).
package struct OrderSearch {
  package enum Outcome { case found, none, gaveUp }

  /// Whether an order is answered as it was, and the state that it leads to, if that is known.
  package struct Answer {
    var agrees: Bool
    var state: AnyHashable?

    package init(agrees: Bool, state: AnyHashable?) {
      self.agrees = agrees
      self.state = state
    }
  }

  /// What was tried in vain.
  private struct DeadEnd: Hashable {
    let left: Set<Int>
    let state: AnyHashable
  }

  private let calls: [Int]
  private let history: CallHistory
  private let limit: Int
  private var asked = 0
  private var deadEnds: Set<DeadEnd> = []

  /// - Parameter calls: the numbers of those to be put in order.
  /// - Parameter limit: questions at most.
  package init(_ calls: [Int], _ history: CallHistory, limit: Int) {
    self.calls = calls
    self.history = history
    self.limit = limit
  }

  package mutating func run(asking: ([Int]) -> Answer) -> Outcome {
    if calls.isEmpty { return asking([]).agrees ? .found : .none }
    var order: [Int] = []
    let isFound = extend(&order, Set(calls), asking)
    return isFound ? .found : asked >= limit ? .gaveUp : .none
  }

  private mutating func extend(
    _ order: inout [Int], _ left: Set<Int>, _ asking: ([Int]) -> Answer
  ) -> Bool {
    if left.isEmpty { return true }
    let ready = left.filter { call in
      !left.contains { $0 != call && history.precedes($0, call) }
    }
    for call in ready.sorted(by: { history.touch($0) < history.touch($1) }) {
      guard asked < limit else { return false }
      asked += 1
      order.append(call)
      let answer = asking(order)
      let rest = left.subtracting([call])
      let isNew =
        answer.agrees
        && answer.state.map { deadEnds.insert(DeadEnd(left: rest, state: $0)).inserted } ?? true
      if isNew, extend(&order, rest, asking) { return true }
      order.removeLast()
    }
    return false
  }
}
