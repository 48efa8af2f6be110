import Foundation
import Generators
import IOVA
import Invariants

/// How many failures on real threads become minimal cases that repeat.
///
/// Each seed runs in a process of its own, since what locks do not protect may crash for real: such
/// a seed counts as crashed, not as converted.
enum ConversionBench {
  /// The seed that a child is to measure: fault, exception or nothing, and number.
  private static let variable = "STRESS_CONVERSION"
  private static let seeds = 20
  private static let threads = 4
  /// The time for finding a failure, and for converting it.
  private static let findingTime = Duration.seconds(2)
  private static let conversionTime = Duration.seconds(5)
  private static let expectedShare = 0.95

  /// Prints a row for each fault; false if fewer than 95 % of all failures were converted.
  static func run(_ print: (String) -> Void) -> Bool {
    if let words = ProcessInfo.processInfo.environment[variable]?.split(separator: " "),
      words.count == 3
    {
      print(measure(String(words[0]), except: String(words[1]), String(words[2]), print))
      return true
    }
    var (found, converted) = (0, 0)
    for fault in Fault.allCases {
      for exception in exceptions(fault) where !Signals.endIsRequested {
        let row = measure(fault, except: exception)
        print(row.text)
        found += row.found
        converted += row.converted
      }
    }
    let share = found == 0 ? 0 : Double(converted) / Double(found)
    print(
      "conversions: \(converted) of \(found.of("failure")) of threads became minimal cases "
        + "that repeat: " + BenchResult.rounded(100 * share, digits: 1) + " %")
    return share >= expectedShare
  }

  /// Laws to be ignored, so that the failure itself shows.
  private static func exceptions(_ fault: Fault) -> [Law?] {
    if fault == .a13 { return [.callsKeepTheirBudget] }
    return "\(fault)".hasPrefix("unlocked") ? [nil, .guardsAreHeld] : [nil]
  }

  // MARK: A fault

  private static func measure(
    _ fault: Fault, except exception: Law?
  ) -> (text: String, found: Int, converted: Int) {
    var (found, converted, crashed) = (0, 0, 0)
    var times: [Double] = []
    var executions: [Int] = []
    var sizes: [Int] = []
    for seed in 0..<seeds where !Signals.endIsRequested {
      let words = child("\(fault.name) \(exception?.name ?? "-") \(seed)")
      guard let words else {
        crashed += 1
        continue
      }
      guard words.first != "none" else { continue }
      found += 1
      guard words.count == 4, let time = Double(words[3]) else { continue }
      converted += 1
      executions.append(Int(words[1]) ?? 0)
      sizes.append(Int(words[2]) ?? 0)
      times.append(time)
    }
    let name = fault.name + (exception.map { " except \($0.name)" } ?? "")
    var text = "conversions: \(name): \(converted) of \(found.of("failure"))"
    if converted > 0 {
      text +=
        ", median of \(middle(executions).of("execution")), \(middle(sizes).of("command")), "
        + "\(BenchResult.rounded(middle(times), digits: 0)) ms, most "
        + "\(BenchResult.rounded(times.max() ?? 0, digits: 0)) ms"
    }
    if crashed > 0 { text += "; \(crashed) of \(seeds.of("seed")) crashed for real, left out" }
    if found + crashed < seeds { text += "; \((seeds - found - crashed).of("seed")) broke no law" }
    return (text, found, converted)
  }

  private static func middle<Number: Comparable>(_ numbers: [Number]) -> Number {
    numbers.sorted()[numbers.count / 2]
  }

  /// The last words of a process about its seed; nil if it crashed before it found a failure.
  private static func child(_ seed: String) -> [String]? {
    let child = ChildProcess(["bench", "conversions"], variables: [variable: seed])
    guard let child else { return nil }
    let lines = child.output.split(whereSeparator: \.isNewline)
    let isAlive = child.status == 0
    // A process that finds a failure and then crashes has not converted it.
    guard let last = lines.last, isAlive || last.hasPrefix(found) else { return nil }
    return last.split(separator: " ").map(String.init)
  }

  // MARK: A seed

  /// What a child prints once it has a failure.
  private static let found = "found"

  /// What a child prints last: `none`, `lost`, or `converted` with executions, commands and ms.
  private static func measure(
    _ fault: String, except exception: String, _ seed: String, _ print: (String) -> Void
  ) -> String {
    var options = RunOptions()
    options.threads = threads
    options.faults = [fault]
    options.except = exception == "-" ? [] : [exception]
    let plan = RunPlan(options, seed: Seed(UInt64(seed) ?? 0))
    let book = LawBook(
      plan.diligence, isSequential: false, cpus: threads, except: plan.exceptions)
    let free = FreeRun(cpus: threads, book)
    let clock = ContinuousClock()
    let deadline = clock.now + findingTime
    var round = 0
    while clock.now < deadline {
      round += 1
      var source = ChoiceSource(seed: plan.seed(ofRound: round))
      let program = plan.generator.draw(from: &source)
      let (broken, begun) = free.runNoting(program)
      guard let finding = broken else { continue }
      if isUnblamed(program, begun, finding) { continue }
      print("\(found) \(finding.law)")
      let begin = clock.now
      let isLate = { clock.now >= begin + conversionTime }
      let conversion = Hunt.convert(
        program, begun: begun, law: finding.law, plan: plan, seed: plan.seed(ofRound: round),
        shrinkingStops: isLate, stopping: isLate)
      guard let conversion, conversion.counterexample.joint?.isComplete == true else {
        return "lost \(finding.law)"
      }
      let time = (clock.now - begin) / .milliseconds(1)
      let commands = conversion.counterexample.program.commands.count
      return "converted \(conversion.executions) \(commands) \(time)"
    }
    return "none"
  }

  /// Interleavings without the faults, in which a failure caused by them must not break the law.
  private static let twinRuns = 16

  /// Whether the program breaks the law without its faults as well, in the settings that they need,
  /// so that they are not to blame. Other laws may break first there.
  ///
  /// The threads may not have got further, so the part that they had begun is interleaved by choice
  /// too.
  private static func isUnblamed(_ program: Program, _ begun: [Int], _ finding: Finding) -> Bool {
    var twin = program
    twin.settings = program.settings.withoutFaults
    let others = Set(Law.all.filter { $0.name != finding.law })
    let book = LawBook(.every, isSequential: false, cpus: threads, except: others)
    if FreeRun(cpus: threads, book).run(twin) != nil { return true }
    let run = ControlledRun(cpus: threads, book)
    let part = ProgramCuts(twin, begun: begun).whole
    return (0..<twinRuns).contains { run.explore(part, Seed(UInt64($0))).finding != nil }
  }
}
