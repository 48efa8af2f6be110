import Generators

/// Executions a second of a user's type: a queue behind a mutex, with 3 threads of 4 calls.
enum InterleavingBench {
  private static let slice = Duration.seconds(1)
  private static let repeats = 5

  static func run() -> [String] {
    [true, false].map { isJudged in
      let rate = (0..<repeats).map { _ in executionsPerSecond(isJudged: isJudged) }.sorted()[
        repeats / 2]
      return "interleavings: a queue behind a mutex, 3 threads × 4 operations, "
        + "\(isJudged ? "linearisability judged at each end" : "unjudged"): "
        + "\(Int(rate).grouped) executions a second"
    }
  }

  private final class Queue: Sendable {
    private let items = Stage.Mutex<[Int]>([], "items")

    func push(_ value: Int) { items.withLock { $0.append(value) } }
    func pop() -> Int? { items.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
  }

  private static func executionsPerSecond(isJudged: Bool) -> Double {
    let settings = PropertySettings(seed: Seed(1), time: slice)
    let clock = ContinuousClock()
    let begin = clock.now
    let statement = Interleavings("queue", settings: settings) { Queue() }
      .operation("push", .integers(in: 1...9)) { $0.push($1) }
      .operation("pop") { $0.pop() }
    let judged = isJudged ? statement : statement.unordered()
    guard let report = try? judged.check(threads: 3, operations: 4) else { return 0 }
    return Double(report.executions) / ((clock.now - begin) / .seconds(1))
  }
}
