import Generators
import IOVA
import Invariants

/// How small joint shrinking makes failing programs and their schedules, compared with the smallest
/// failures possible.
enum JointBench {
  /// A fault and its failures, each of which has an optimum of its own: only the same failure
  /// counts as a smaller one.
  struct Subject {
    let fault: Fault
    /// Draws programs from those calls among which the optima are searched: frees out of a flush
    /// queue or from devices break the same laws in ways whose optima are unknown.
    let workload: Workload
    let exceptions: [Law]
    let optima: [JointOptimum]
  }

  /// One row.
  struct Row: CustomStringConvertible {
    let name: String
    var found = 0
    var optimal = 0
    var replays: [Int] = []
    var times: [Double] = []

    var share: Double { found == 0 ? 0 : Double(optimal) / Double(found) }

    /// Whether the bar is met: 99 %, and medians of 200 replays and 50 ms.
    var isAsExpected: Bool {
      found == JointBench.seeds && share >= 0.99 && median(replays) <= 200 && median(times) <= 50
    }

    var description: String {
      let time = BenchResult.rounded(median(times), digits: 1)
      return "joint: \(name): \(found) of \(JointBench.seeds) seeds found, "
        + "\(BenchResult.rounded(100 * share, digits: 1)) % optimal, replays median "
        + "\(median(replays)) most \(replays.max() ?? 0), \(time) ms"
        + (isAsExpected ? "" : "  NOT as expected")
    }

    private func median<Number: Comparable & ExpressibleByIntegerLiteral>(
      _ numbers: [Number]
    ) -> Number {
      numbers.isEmpty ? 0 : numbers.sorted()[numbers.count / 2]
    }
  }

  static let seeds = 100
  /// The most programs drawn to find one that fails.
  private static let programs: UInt64 = 200_000

  private static let teardown = Law.nothingRunsAfterTeardown.name

  static let subjects = [
    Subject(
      fault: .a13, workload: .tree, exceptions: [.callsKeepTheirBudget],
      optima: [
        JointOptimum(
          fault: .a13, failure: ProgramFailure(law: Law.nothingAbsentIsUsed.name, call: .free),
          preemptions: 2, most: 3)
      ]),
    Subject(
      fault: .migration, workload: .cache, exceptions: [],
      optima: [
        JointOptimum(
          fault: .migration, failure: ProgramFailure(law: Law.unpluggedCachesAreEmpty.name),
          preemptions: 2, most: 3)
      ]),
    // A worker that begins too late, and one whose end is not awaited.
    Subject(
      fault: .r16, workload: .cache, exceptions: [],
      optima: [
        JointOptimum(
          fault: .r16, failure: ProgramFailure(law: teardown, call: .timer, lock: .depot),
          kinds: [.allocateFast, .freeFast], endings: [true], preemptions: 1, most: 6),
        JointOptimum(
          fault: .r16, failure: ProgramFailure(law: teardown, call: .timer, lock: .rangeTree),
          kinds: [.allocateFast, .freeFast], endings: [true], isInOrder: true, pages: 8,
          preemptions: 3, most: 8),
      ]),
  ]

  /// Prints a row for each case; false if any is not as expected.
  static func run(_ print: (String) -> Void) -> Bool {
    var isAsExpected = true
    for skew in [1, 3, 6] {
      let row = measureToy(skew)
      print("\(row)")
      if !row.isAsExpected { isAsExpected = false }
    }
    for subject in subjects where !Signals.endIsRequested {
      if !measure(subject, print) { isAsExpected = false }
    }
    return isAsExpected
  }

  private static func measureToy(_ skew: Int) -> Row {
    let clock = ContinuousClock()
    var row = Row(name: "chain-skew\(skew)")
    var search = ToySearch(.chain(skew: skew), Portfolio(only: .urw))
    for number in 0..<UInt64(seeds) {
      let begin = clock.now
      guard let report = search.run(Seed(number)) else { continue }
      row.found += 1
      row.times.append((clock.now - begin) / .milliseconds(1))
      row.replays.append(report.result.replays)
      let minimal = report.result.minimal
      if (minimal.commandCount, minimal.schedule.switches) == (3, 4) { row.optimal += 1 }
    }
    return row
  }

  /// Prints the results of the seeds of a fault, and the optimum of each of its failures.
  private static func measure(_ subject: Subject, _ print: (String) -> Void) -> Bool {
    var optima: [ProgramFailure: JointOptimum.Answer] = [:]
    let book = LawBook(.every, isSequential: false, cpus: 2, except: Set(subject.exceptions))
    let run = ControlledRun(cpus: 2, book)
    for optimum in subject.optima { optima[optimum.failure] = optimum.find(run) }
    var seeds: [ProgramFailure: Int] = [:]
    let row = measure(subject) { result in
      seeds[result.failure, default: 0] += 1
      // A failure whose optimum is unknown never counts as optimal.
      guard let optimum = optima[result.failure] else { return false }
      return result.program.commands.count == optimum.commands
        && result.switches == optimum.switches
    }
    print("\(row)")
    for optimum in subject.optima {
      let failure = optimum.failure
      let start = "joint: \(row.name): \(seeds[failure] ?? 0) in \(failure)"
      print(start + ": " + (optima[failure].map(optimum.describe) ?? "no optimum is known"))
    }
    return row.isAsExpected && optima.count == subject.optima.count
  }

  private static func measure(
    _ subject: Subject, isOptimal: (ProgramResult) -> Bool
  ) -> Row {
    let clock = ContinuousClock()
    var options = RunOptions()
    options.faults = [subject.fault.name]
    options.workload = subject.workload.name
    options.except = subject.exceptions.map(\.name)
    let hunt = Hunt(controlling: RunPlan(options, seed: Seed(0)))
    var row = Row(name: subject.fault.name)
    for number in 0..<UInt64(seeds) where !Signals.endIsRequested {
      guard let choices = find(hunt, Seed(number)) else { continue }
      row.found += 1
      let begin = clock.now
      let minimal = hunt.shrink(choices, seed: Seed(number)) { false }
      row.times.append((clock.now - begin) / .milliseconds(1))
      guard let joint = minimal?.joint else { continue }
      row.replays.append(joint.replays)
      if isOptimal(joint) { row.optimal += 1 }
    }
    return row
  }

  private static func find(_ hunt: Hunt, _ seed: Seed) -> ChoiceSequence? {
    for number in 1...programs {
      if let failure = hunt.attempt(seed.derived(number)) { return failure.choices }
    }
    return nil
  }
}
