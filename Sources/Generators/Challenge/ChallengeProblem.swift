/// One of the fourteen problems used to compare shrinkers, and the answers worth 100 %.
///
/// ```swift
/// let row = ChallengeProblem.coupling.run(seeds: 0..<10)
/// assert(row.idealShare == 1)
/// ```
public struct ChallengeProblem: Sendable {
  /// How many cases are tried to find the first failure.
  public static let searchLimit: UInt64 = 1_000_000

  /// The property's verdict on one case.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence(values: [0, 900]))
  /// let verdict = ChallengeProblem.lengthList.judge(&source)
  /// assert(verdict == .fails)
  /// ```
  public enum Verdict: Equatable, Sendable {
    case passes
    /// The case does not satisfy what the property assumes.
    case discarded
    case fails
  }

  /// The name in jlink/shrinking-challenge, where it comes from there.
  public let name: String
  /// The simplest failing values, as printed.
  public let ideals: [String]

  private let verdict: @Sendable (inout ChoiceSource) -> Verdict
  private let print: @Sendable (inout ChoiceSource) -> String

  init<Value>(
    _ name: String, ideals: [String], _ generator: Generator<Value>,
    describe: @escaping @Sendable (Value) -> String = { "\($0)" },
    verdict: @escaping @Sendable (Value) -> Verdict
  ) {
    self.name = name
    self.ideals = ideals
    self.verdict = { source in
      guard let value = try? generator.draw(from: &source) else { return .discarded }
      return verdict(value)
    }
    print = { source in
      guard let value = try? generator.draw(from: &source) else { return "(gave up)" }
      return describe(value)
    }
  }

  /// The property's verdict on the value that `source` leads to.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence())
  /// assert(ChallengeProblem.reverse.judge(&source) == .passes)
  /// ```
  public func judge(_ source: inout ChoiceSource) -> Verdict {
    verdict(&source)
  }

  /// The value that a sequence leads to, as printed.
  ///
  /// ```swift
  /// assert(ChallengeProblem.reverse.describe(ChoiceSequence()) == "[]")
  /// ```
  public func describe(_ sequence: ChoiceSequence) -> String {
    var source = ChoiceSource(replaying: sequence)
    return print(&source)
  }

  /// The first failing case of a seed.
  ///
  /// ```swift
  /// let failing = ChallengeProblem.reverse.firstFailure(seed: Seed(1))!.sequence
  /// var source = ChoiceSource(replaying: failing)
  /// assert(ChallengeProblem.reverse.judge(&source) == .fails)
  /// ```
  ///
  /// - Returns: `nil` if `searchLimit` cases contain none.
  public func firstFailure(seed: Seed) -> (sequence: ChoiceSequence, cases: Int)? {
    var source = ChoiceSource(seed: seed)
    for index in 0..<Self.searchLimit {
      source.reset(seed: seed.derived(index))
      if verdict(&source) == .fails { return (source.choices, Int(index) + 1) }
    }
    return nil
  }

  /// Finds and shrinks one failure of a seed.
  ///
  /// ```swift
  /// let answer = ChallengeProblem.reverse.shrink(seed: Seed(1))!
  /// assert(answer.text == "[0, 1]")
  /// ```
  public func shrink(seed: Seed, _ shrinker: Shrinker = Shrinker()) -> ChallengeAnswer? {
    guard let (failing, cases) = firstFailure(seed: seed) else { return nil }
    let result = shrinker.shrink(failing) { source in
      verdict(&source) == .fails ? true : nil
    }
    return ChallengeAnswer(
      seed: seed, text: describe(result.minimal), cases: cases, first: describe(failing),
      minimal: result.minimal, statistics: result.statistics)
  }

  /// Finds and shrinks one failure for each seed.
  ///
  /// ```swift
  /// let row = ChallengeProblem.reverse.run(seeds: 0..<3)
  /// assert(row.seeds == 3 && row.ideal == 3)
  /// ```
  public func run(seeds: Range<UInt64>, _ shrinker: Shrinker = Shrinker()) -> ChallengeRow {
    ChallengeRow(problem: self, answers: seeds.map { shrink(seed: Seed($0), shrinker) })
  }
}

/// The result of one seed on one problem.
///
/// ```swift
/// let answer = ChallengeProblem.lengthList.shrink(seed: Seed(1))!
/// assert(answer.text == "[900]" && answer.minimal.values == [0, 900])
/// ```
public struct ChallengeAnswer: Sendable, Equatable {
  /// The seed whose cases were searched.
  public let seed: Seed
  /// The shrunk value, as printed.
  public let text: String
  /// How many cases were run until one failed.
  public let cases: Int
  /// The value that failed first, as printed.
  public let first: String
  /// The choices that lead to `text`.
  public let minimal: ChoiceSequence
  /// What shrinking cost.
  public let statistics: ShrinkStatistics
}
