/// Measures policies and joint shrinking on toys whose right answers are known.
///
/// Counts and hits depend on the seed alone; only rates and times depend on the machine.
///
/// ```swift
/// for row in PolicyBench(.brief).run() { print(row) }
/// ```
public struct PolicyBench: Sendable {
  /// How much is run.
  public enum Effort: Sendable {
    /// For tests, which are built without optimisation: wide intervals.
    case brief
    /// For measuring: a few seconds with optimisation.
    case full
  }

  /// One measured figure and what it should be.
  public struct Row: Sendable {
    /// What was measured.
    public let name: String
    /// What came out.
    public let value: Double
    /// What the figure counts.
    public let unit: String
    /// What it should be; any if it says nothing of right or wrong.
    public let bounds: ClosedRange<Double>

    /// Whether the figure is as it should be.
    public var isAsExpected: Bool { bounds.contains(value) }
    /// Whether there is anything that it should be.
    public var isBounded: Bool { bounds.upperBound < .infinity || bounds.lowerBound > 0 }
  }

  /// The seed from which all that is measured follows.
  public static let usualSeed = Seed(0x9e37_79b9)

  private let effort: Effort
  private let seed: Seed

  /// A bench that has not run.
  public init(_ effort: Effort = .full, seed: Seed = usualSeed) {
    self.effort = effort
    self.seed = seed
  }

  /// Measures everything with the usual seed.
  public static func run() -> [Row] { PolicyBench().run() }

  /// Measures everything, in a fixed order.
  public func run() -> [Row] {
    priorityRows() + weightedRows() + exhaustiveRows() + rateRows() + shrinkingRows()
  }

  private static let skews = [1, 3, 6]

  // MARK: - Probabilities

  /// PCT of depth 3 on the chains: its bound is tight there, so hits must fit the prediction.
  public func priorityRows() -> [Row] {
    Self.skews.map { skew in
      let runs = effort == .full ? 4_000_000 : 10_000 * skew
      let hits = Self.hits(
        in: .chain(skew: skew), Priority(depth: 3), runs: runs, seed: seed.derived(UInt64(skew)))
      let steps = Double(StepSystem(.chain(skew: skew)).plan.total)
      return Row(
        name: "pct of depth 3, chain-skew\(skew)", value: Double(hits), unit: "hits in \(runs)",
        bounds: Self.interval(runs: runs, probability: 1 / (3 * steps * steps)))
    }
  }

  /// The 99 % interval of the hits in so many independent runs, as the normal distribution has it.
  static func interval(runs: Int, probability: Double) -> ClosedRange<Double> {
    let mean = Double(runs) * probability
    let spread = 2.575_829 * (mean * (1 - probability)).squareRoot()
    return max(0, mean - spread)...(mean + spread)
  }

  /// URW on the chains: executions for one bug.
  public func weightedRows() -> [Row] {
    zip(Self.skews, [40, 80, 400]).map { skew, most in
      let runs = effort == .full ? 400_000 : 60 * most
      let hits = Self.hits(
        in: .chain(skew: skew), WeightedWalk(), runs: runs, seed: seed.derived(UInt64(8 + skew)))
      return Row(
        name: "urw, chain-skew\(skew)", value: Double(runs) / Double(max(1, hits)),
        unit: "executions a bug", bounds: 0...Double(most))
    }
  }

  /// How many of so many executions fail.
  static func hits<Policy: Scheduler>(
    in program: ToyProgram, _ policy: Policy, runs: Int, seed: Seed
  ) -> Int {
    var system = StepSystem(program)
    var policy = policy
    var source = ChoiceSource(seed: seed)
    var hits = 0
    for run in 0..<runs {
      source.reset(seed: seed.derived(UInt64(run)))
      if system.run(&policy, drawing: &source) != nil { hits += 1 }
    }
    return hits
  }

  // MARK: - Counts

  /// Enumerations of locked operations: one execution for each order of the critical sections.
  public func exhaustiveRows() -> [Row] {
    [(2, 2, 6.0), (2, 4, 70), (3, 4, 34_650)].map { cpus, commands, count in
      let (executions, failures) = Self.enumerate(.locked(cpus: cpus, commands: commands))
      return Row(
        name: "exhaustive, locked \(cpus)×\(commands)",
        value: Double(failures == 0 ? executions : 0), unit: "executions", bounds: count...count)
    }
  }

  /// Runs every order of a program; returns how many executions that took, and how many failed.
  public static func enumerate(
    _ program: ToyProgram, preemptions: Int? = nil
  ) -> (executions: UInt64, failures: UInt64) {
    var system = StepSystem(program)
    var policy = Exhaustive(preemptions: preemptions)
    var source = ChoiceSource(seed: Seed(0))
    var failures: UInt64 = 0
    repeat {
      if system.run(&policy, drawing: &source) != nil, !system.wasCutOff { failures += 1 }
    } while !policy.isComplete
    return (policy.executions, failures)
  }

  // MARK: - Rates

  /// Executions of correct programs a second, on one core.
  public func rateRows() -> [Row] {
    let program = ToyProgram.locked(cpus: 3, commands: 4)
    let runs = effort == .full ? 1_000_000 : 2_000
    return [
      rate("random", program, RandomWalk(), runs),
      rate("urw", program, WeightedWalk(), runs),
      rate("pct of depth 3", program, Priority(depth: 3), runs),
      rate("pos", program, PartialOrder(), runs),
      rate("portfolio", program, Portfolio(exhaustiveLimit: 0), runs),
      enumerationRate(program),
    ]
  }

  private func rate<Policy: Scheduler>(
    _ name: String, _ program: ToyProgram, _ policy: Policy, _ runs: Int
  ) -> Row {
    let time = ContinuousClock().measure {
      _ = Self.hits(in: program, policy, runs: runs, seed: seed)
    }
    return rateRow(name, UInt64(runs), time)
  }

  private func enumerationRate(_ program: ToyProgram) -> Row {
    var executions: UInt64 = 0
    let time = ContinuousClock().measure {
      executions = Self.enumerate(program).executions
    }
    return rateRow("exhaustive", executions, time)
  }

  private func rateRow(_ name: String, _ executions: UInt64, _ time: Duration) -> Row {
    Row(
      name: "\(name), locked 3×4", value: Double(executions) / max(time.inSeconds, 1e-9),
      unit: "executions/s", bounds: 0...Double.infinity)
  }

  // MARK: - Shrinking

  /// From seed to minimal report on the longest chain, with the default portfolio.
  public func shrinkingRows() -> [Row] {
    let seeds = effort == .full ? 200 : 10
    var times: [Duration] = []
    var replays: [Int] = []
    var minimal = 0
    var search = ToySearch(.chain(skew: 6))
    for number in 0..<seeds {
      var text = ""
      times.append(
        ContinuousClock().measure {
          guard let report = search.run(seed.derived(UInt64(number))) else { return }
          text = report.description
          replays.append(report.result.replays)
          let size = (report.program.count, report.result.minimal.schedule.switches)
          if size == (3, 4) { minimal += 1 }
        })
      precondition(!text.isEmpty, "a chain was not found in \(search.limit) executions")
    }
    times.sort()
    replays.sort()
    let mostTime = effort == .full ? 10.0 : .infinity
    return [
      Row(
        name: "chain-skew6, seed to minimal report", value: times[seeds / 2].inSeconds * 1_000,
        unit: "ms (median)", bounds: 0...mostTime),
      Row(
        name: "chain-skew6, 3 commands and 4 switches", value: Double(minimal),
        unit: "of \(seeds) seeds", bounds: Double(seeds)...Double(seeds)),
      Row(
        name: "chain-skew6, joint shrinking", value: Double(replays[seeds / 2]),
        unit: "replays (median)", bounds: 0...200),
    ]
  }
}

extension Duration {
  fileprivate var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}

extension PolicyBench.Row: CustomStringConvertible {
  /// `ok    34650.00 executions  exhaustive, locked 3×4  (34650.00 to 34650.00)`
  public var description: String {
    let verdict = isBounded ? (isAsExpected ? "ok  " : "FAIL") : "    "
    let expected =
      switch (isBounded, bounds.upperBound) {
      case (false, _): ""
      case (true, bounds.lowerBound): "  (exactly \(Self.short(bounds.lowerBound)))"
      default: "  (\(Self.short(bounds.lowerBound)) to \(Self.short(bounds.upperBound)))"
      }
    return "\(verdict) \(name): \(Self.short(value)) \(unit)\(expected)"
  }

  /// Two decimals below 100, none above.
  private static func short(_ value: Double) -> String {
    guard value < 100, value != value.rounded() else { return "\(UInt64(value.rounded()))" }
    let hundredths = UInt64((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
