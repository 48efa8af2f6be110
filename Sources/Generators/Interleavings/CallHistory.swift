/// When calls began and ended, by their numbers: the order is that of a clock of its own.
struct CallHistory {
  /// By call; 0 for one that did not.
  private(set) var begins: [UInt32] = []
  private(set) var ends: [UInt32] = []
  /// The numbers of the calls that ended, in the order in which they did.
  private(set) var ended: [Int] = []
  private var clock: UInt32 = 0

  mutating func reserve(_ count: Int) {
    begins = Array(repeating: 0, count: count)
    ends = begins
  }

  mutating func clear() {
    for number in begins.indices {
      begins[number] = 0
      ends[number] = 0
    }
    ended.removeAll(keepingCapacity: true)
    clock = 0
  }

  mutating func begin(_ number: Int) {
    clock &+= 1
    begins[number] = clock
  }

  mutating func end(_ number: Int) {
    clock &+= 1
    ends[number] = clock
    ended.append(number)
  }

  /// Whether one call had ended before another began.
  func precedes(_ first: Int, _ second: Int) -> Bool {
    ends[first] != 0 && ends[first] < begins[second]
  }
}

/// Looks for an order of calls that a model answers as the system did.
///
/// Wing and Gong, "Testing and Verifying Concurrent Objects" (1993): depth first, one call after
/// the other, among those that no call left out had ended before. A model can't be taken back, so
/// each order is asked from its first call on, and what is known of a prefix is kept.
struct OrderSearch<System, Model> {
  enum Outcome { case found, none, gaveUp }

  private let calls: [Int]
  private let history: CallHistory
  private let limit: Int
  private var asked = 0

  init(
    initial: [StageRun<System, Model>.Call], lanes: [[StageRun<System, Model>.Call]],
    history: CallHistory, limit: Int
  ) {
    calls = lanes.flatMap { $0.map(\.number) }.filter { history.begins[$0] != 0 }
    self.history = history
    self.limit = limit
  }

  /// - Parameter agrees: how many calls of an order are answered alike, from the first on.
  mutating func run(agrees: ([Int]) -> Int) -> Outcome {
    var order: [Int] = []
    let isFound = extend(&order, Set(calls), agrees)
    return isFound ? .found : asked >= limit ? .gaveUp : .none
  }

  private mutating func extend(
    _ order: inout [Int], _ left: Set<Int>, _ agrees: ([Int]) -> Int
  ) -> Bool {
    if left.isEmpty { return true }
    let ready = left.filter { call in
      !left.contains { $0 != call && history.precedes($0, call) }
    }
    // In the order of their ends first, which is most often right.
    for call in ready.sorted(by: { history.ends[$0] < history.ends[$1] }) {
      guard asked < limit else { return false }
      asked += 1
      order.append(call)
      if agrees(order) == order.count, extend(&order, left.subtracting([call]), agrees) {
        return true
      }
      order.removeLast()
    }
    return false
  }
}
