import Dispatch
import Synchronization

/// Programs on threads that really run at the same time.
extension InterleavingCheck {
  /// Interleavings of a program that failed on threads.
  private static let conversionLimit = 20_000

  /// Draws programs, and runs each once.
  mutating func tryOnThreads() throws {
    let crew = ThreadCrew(limits.threads)
    var draft = CallDraft(
      statement.subject.kinds, limits, setting: statement.subject.setting.map(\.draw))
    var source = ChoiceSource(seed: report.seed)
    while report.executions < wanted, !isTimeUp {
      source.reset(seed: report.seed.derived(UInt64(report.programs)))
      run.forgetCalls()
      let program = try draft.draw(from: &source)
      report.programs += 1
      report.executions += 1
      try run.prepare(program)
      let (finding, isUndecided) = run.executeOnThreads(crew)
      if isUndecided { report.undecided += 1 }
      if let finding { throw converted(finding, program) }
    }
  }

  /// The failure as interleavings of its program show it, if they do.
  private mutating func converted(
    _ finding: Finding, _ program: CallProgram
  ) -> InterleavingFailure {
    var found: CallCase?
    run.explore(
      program, Portfolio(exhaustiveLimit: UInt64(Self.conversionLimit)),
      limit: Self.conversionLimit
    ) {
      found = $0.finding.law == finding.law ? $0 : nil
      return found == nil
    } counting: { _ in
    }
    if let found {
      return failure(
        found, finder: "threads, and again by interleaving", executions: report.executions,
        path: nil)
    }
    return InterleavingFailure(
      text: "✘ \(statement.name): \(finding.law)\n  \(finding.evidence)\n"
        + Self.describe(statement, run, report.seed).split(separator: "\n").dropFirst()
        .joined(separator: "\n")
        + "\n  seen on threads that run at the same time, and in no interleaving of the program: "
        + "something is shared that no primitive of the stage guards")
  }
}

extension StageRun {
  /// Runs the program that is ready on real threads, off the stage.
  func executeOnThreads(_ crew: ThreadCrew) -> (finding: Finding?, isUndecided: Bool) {
    state.forget()
    isUndecided = false
    history.clear()
    StageWatch.beat()
    defer { subject.drop() }
    subject.make()
    for call in initial { call.run() }
    let stamps = CallStamps(count: calls.count)
    let lanes = lanes
    crew.run(lanes.count) { thread in
      for call in lanes[thread] {
        stamps.begin(call.number)
        call.run()
        stamps.end(call.number)
      }
    }
    stamps.tell(history)
    for invariant in subject.invariants where invariant.lock == nil && state.finding == nil {
      judge(invariant)
    }
    if state.finding == nil, subject.judges { judgeOrder(history.ended) }
    return (state.finding, isUndecided)
  }
}

/// When calls on real threads began and ended; each word is written by one thread.
final class CallStamps: @unchecked Sendable {
  private let clock = Atomic<UInt32>(0)
  private let words: UnsafeMutablePointer<(begin: UInt32, end: UInt32)>
  private let count: Int

  init(count: Int) {
    self.count = count
    words = .allocate(capacity: count)
    words.initialize(repeating: (0, 0), count: count)
  }

  deinit { words.deallocate() }

  func begin(_ number: Int) {
    words[number].begin = clock.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
  }

  func end(_ number: Int) {
    words[number].end = clock.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
  }

  /// Writes down all calls; only when nobody runs.
  func tell(_ history: CallHistory) {
    for number in 0..<count where words[number].end != 0 {
      history.begin(number, at: words[number].begin)
      history.end(number, at: words[number].end, touch: words[number].end)
    }
  }
}

/// Real threads, one for each of a program's, that start together.
final class ThreadCrew: Sendable {
  private let queues: [DispatchQueue]

  init(_ threads: Int) {
    // A private serial queue for each is what makes Dispatch run them all at once.
    queues = (0..<threads).map { DispatchQueue(label: "thread \($0 + 1)") }
  }

  /// Runs `body` on so many threads, and comes back when all have ended.
  func run(_ count: Int, _ body: @escaping (Int) -> Void) {
    let barrier = SpinBarrier(parties: count)
    let group = DispatchGroup()
    let work = Unchecked(body)
    for thread in 0..<count {
      queues[thread].async(group: group) {
        barrier.wait()
        work.body(thread)
      }
    }
    group.wait()
  }

  /// What is run at the same time is what is tested.
  private struct Unchecked: @unchecked Sendable {
    let body: (Int) -> Void

    init(_ body: @escaping (Int) -> Void) { self.body = body }
  }
}
