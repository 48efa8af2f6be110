import Generators
import Testing

/// Calls that read and write two words and what a lock guards, and say what they read.
private final class Calls: @unchecked Sendable {
  enum Access: UInt64 { case load, loadOther, store, storeOther, add }

  /// What came of an execution: what each call read, and which had ended before which began.
  struct Outcome: Hashable {
    var answers: [[Int]]
    var order: Set<[Int]>

    /// Whether no order of the calls that explains the other one does not explain this one.
    func covers(_ other: Outcome) -> Bool {
      answers == other.answers && order.isSuperset(of: other.order)
    }
  }

  private final class Word: Sendable { let value = Stage.Atomic(0) }

  private var words: [Word] = []
  private var sum = Stage.Lock()
  private var total = 0
  private var answers: [[Int]] = []
  private let accesses: [[Access]]
  private let lanes: [[[Access]]]

  /// - Parameter lanes: by thread and call, what the call does.
  init(_ lanes: [[[Access]]]) {
    self.lanes = lanes
    accesses = lanes.flatMap { $0 }
  }

  private func make() {
    words = [Word(), Word()]
    sum = Stage.Lock()
    total = 0
    answers = Array(repeating: [], count: accesses.count)
  }

  private func call(_ number: Int) {
    for access in accesses[number] {
      switch access {
      case .load, .loadOther:
        let word = access == .load ? 0 : 1
        answers[number].append(words[word].value.load(ordering: .sequentiallyConsistent))
      case .store, .storeOther:
        let word = access == .store ? 0 : 1
        words[word].value.store(number + 1, ordering: .sequentiallyConsistent)
      case .add:
        sum.lock()
        total = total * 10 + number + 1
        answers[number].append(total)
        sum.unlock()
      }
    }
  }

  /// What comes of all orders, or of those that differ.
  func outcomes(ofAll: Bool) throws -> (all: Set<Outcome>, executions: Int) {
    var next = 0
    let lanes = lanes.map { lane in
      lane.map { _ in
        let number = next
        next += 1
        return { [unowned self] in call(number) }
      }
    }
    let enumeration = try CallEnumeration(lanes) { [unowned self] in make() }
    var all: Set<Outcome> = []
    let executions = enumeration.enumerate(preemptions: ofAll ? 1_000 : nil) { order in
      all.insert(Outcome(answers: answers, order: order))
    }
    return (all, executions)
  }
}

@Suite struct `All orders that differ` {
  @Test func `include those in which most calls ended before others began`() throws {
    var (tried, wanted) = (0, 0)
    for seed in 0..<60 {
      var random = SplitMix64(Seed(UInt64(seed)))
      let threads = 2 + Int(random.next() % 2)
      let lanes = (0..<threads).map { lane in
        var left = threads == 2 ? 3 : lane == 0 ? 2 : 1
        var lane: [[Calls.Access]] = []
        while left > 0 {
          let count = 1 + Int(random.next() % UInt64(left))
          lane.append(
            (0..<count).map { _ in Calls.Access(rawValue: random.next() % 5) ?? .load })
          left -= count
        }
        return lane
      }
      let calls = Calls(lanes)
      let all = try calls.outcomes(ofAll: true)
      let few = try calls.outcomes(ofAll: false)
      for outcome in all.all {
        let isCovered = few.all.contains { $0.covers(outcome) }
        #expect(isCovered, "\(lanes): \(outcome)")
      }
      tried += few.executions
      wanted += all.executions
    }
    #expect(tried * 20 < wanted)
  }
}
