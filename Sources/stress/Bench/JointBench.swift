import Generators
import IOVA
import Invariants

/// What joint shrinking leaves of failing programs and their schedules, against the smallest
/// failures there are.
enum JointBench {
  /// A fault and the smallest failure that it has.
  struct Subject {
    let optimum: JointOptimum
    let exceptions: [Law]
  }

  /// One row.
  struct Row: CustomStringConvertible {
    let name: String
    var found = 0
    var optimal = 0
    let commands: Int
    let switches: Int
    var replays: [Int] = []
    var times: [Double] = []

    var share: Double { found == 0 ? 0 : Double(optimal) / Double(found) }

    /// Whether the bar is met: 99 %, 200 replays and 50 ms at the median.
    var isAsExpected: Bool {
      found == JointBench.seeds && share >= 0.99 && median(replays) <= 200 && median(times) <= 50
    }

    var description: String {
      let time = BenchResult.rounded(median(times), digits: 1)
      return "joint: \(name): \(found) of \(JointBench.seeds) seeds found, optimum \(commands) "
        + "commands and \(switches) switches, \(BenchResult.rounded(100 * share, digits: 1)) % "
        + "optimal, replays median \(median(replays)) most \(replays.max() ?? 0), \(time) ms"
        + (isAsExpected ? "" : "  NOT as expected")
    }

    private func median<Number: Comparable & ExpressibleByIntegerLiteral>(
      _ numbers: [Number]
    ) -> Number {
      numbers.isEmpty ? 0 : numbers.sorted()[numbers.count / 2]
    }
  }

  static let seeds = 100
  /// Programs that are drawn to find one that fails, at most.
  private static let programs: UInt64 = 200_000

  static let subjects = [
    Subject(
      optimum: JointOptimum(
        fault: .a13, law: Law.nothingAbsentIsUsed.name, commands: 3, switches: 2, preemptions: 2),
      exceptions: [.callsKeepTheirBudget]),
    Subject(
      optimum: JointOptimum(
        fault: .migration, law: Law.unpluggedCachesAreEmpty.name, commands: 3, switches: 2,
        preemptions: 2),
      exceptions: []),
    Subject(
      optimum: JointOptimum(
        fault: .r16, law: Law.nothingRunsAfterTeardown.name, commands: 6, switches: 1,
        kinds: [.allocateFast, .freeFast], preemptions: 1),
      exceptions: []),
  ]

  /// Prints a row for each case; false if one is not as expected.
  static func run(_ print: (String) -> Void) -> Bool {
    var isAsExpected = true
    for skew in [1, 3, 6] {
      let row = measureToy(skew)
      print("\(row)")
      if !row.isAsExpected { isAsExpected = false }
    }
    for subject in subjects {
      let row = measure(subject)
      print("\(row)")
      print(prove(subject, &isAsExpected))
      if !row.isAsExpected { isAsExpected = false }
    }
    return isAsExpected
  }

  private static func measureToy(_ skew: Int) -> Row {
    let clock = ContinuousClock()
    var row = Row(name: "chain-skew\(skew)", commands: 3, switches: 4)
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

  private static func measure(_ subject: Subject) -> Row {
    let clock = ContinuousClock()
    let optimum = subject.optimum
    var options = RunOptions()
    options.faults = [optimum.fault.name]
    options.except = subject.exceptions.map(\.name)
    let hunt = Hunt(controlling: RunPlan(options, seed: Seed(0)))
    var row = Row(
      name: optimum.fault.name, commands: optimum.commands, switches: optimum.switches)
    for number in 0..<UInt64(seeds) where !Signals.endIsRequested {
      guard let choices = find(hunt, Seed(number)) else { continue }
      row.found += 1
      let begin = clock.now
      let minimal = hunt.shrink(choices, seed: Seed(number)) { false }
      row.times.append((clock.now - begin) / .milliseconds(1))
      guard let minimal, let joint = minimal.joint else { continue }
      row.replays.append(joint.replays)
      let size = (optimum.commands, optimum.switches)
      if joint.finding.law == optimum.law, minimal.size == size { row.optimal += 1 }
    }
    return row
  }

  private static func find(_ hunt: Hunt, _ seed: Seed) -> ChoiceSequence? {
    for number in 1...programs {
      if let failure = hunt.attempt(seed.derived(number)) { return failure.choices }
    }
    return nil
  }

  private static func prove(_ subject: Subject, _ isAsExpected: inout Bool) -> String {
    let optimum = subject.optimum
    let book = LawBook(.every, isSequential: false, cpus: 2, except: Set(subject.exceptions))
    let proof = optimum.prove(ControlledRun(cpus: 2, book.judge))
    let what =
      "\(proof.programs.grouped) smaller programs, \(proof.executions.grouped) executions "
      + "up to \(optimum.preemptions) preemptions"
    guard let smaller = proof.smaller else {
      return "joint: \(optimum.fault.name): none of \(what) fails so"
    }
    isAsExpected = false
    return "joint: \(optimum.fault.name): among \(what) one fails: \(smaller)"
  }
}
