import Testing

@testable import Generators

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
  private let run: StageRun

  /// - Parameter lanes: by thread and call, what the call does.
  init(_ lanes: [[[Access]]]) throws {
    accesses = lanes.flatMap { $0 }
    let box = Box()
    let subject = Subject(
      make: { box.calls?.make() }, makeModel: {}, drop: {})
    for number in accesses.indices {
      subject.kinds.append(
        CallKind(
          "call\(number)", onlyThread: nil, clear: {}, draw: { _ in },
          run: { _ in box.calls?.call(number) }, agrees: { _ in true },
          text: { _ in "call\(number)" }, answer: { _ in "" }))
    }
    run = StageRun(subject, threads: lanes.count, carrier: .fastest)
    box.calls = self
    var program = CallProgram()
    var next = 0
    program.lanes = lanes.map { lane in
      lane.map { _ in
        defer { next += 1 }
        return DrawnCall(operation: next, choices: [])
      }
    }
    try run.prepare(program)
  }

  private final class Box: @unchecked Sendable { weak var calls: Calls? }

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

  /// What comes of the orders that an enumeration tries.
  func outcomes(_ policy: Portfolio) -> (all: Set<Outcome>, executions: Int) {
    run.conductor.policy = policy
    var all: Set<Outcome> = []
    var executions = 0
    repeat {
      let outcome = run.explore(Seed(0))
      if outcome.wasPruned { continue }
      executions += 1
      let calls = answers.indices
      let order = calls.flatMap { first in
        calls.filter { run.history.precedes(first, $0) }.map { [first, $0] }
      }
      all.insert(Outcome(answers: answers, order: Set(order)))
    } while !run.conductor.policy.isComplete
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
      let calls = try Calls(lanes)
      let all = calls.outcomes(Portfolio(only: .exhaustive, preemptions: 1_000))
      let few = calls.outcomes(Portfolio(only: .exhaustive))
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
