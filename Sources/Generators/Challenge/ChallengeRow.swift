/// How well one problem was solved over many seeds: a line of a table.
///
/// ```swift
/// print(ChallengeRow.heading)
/// print(ChallengeProblem.reverse.run(seeds: 0..<10))
/// ```
public struct ChallengeRow: Sendable, CustomStringConvertible {
  /// The name of the problem.
  public let name: String
  /// How many seeds were tried.
  public let seeds: Int
  /// How many seeds ended in an ideal answer.
  public let ideal: Int
  /// How many seeds found no failure at all.
  public let notFound: Int
  /// Every distinct answer and how many seeds gave it, the commonest first.
  public let answers: [(text: String, count: Int)]
  /// Evaluations after the first failure.
  public let medianEvaluations: Int
  /// The most evaluations that any seed took.
  public let worstEvaluations: Int
  /// Cases until the first failure.
  public let medianCases: Int

  /// The share of seeds that ended in an ideal answer, from 0 to 1.
  public var idealShare: Double { seeds == 0 ? 0 : Double(ideal) / Double(seeds) }

  init(problem: ChallengeProblem, answers found: [ChallengeAnswer?]) {
    name = problem.name
    seeds = found.count
    notFound = found.count { $0 == nil }
    let solved = found.compactMap { $0 }
    ideal = solved.count { problem.ideals.contains($0.text) }
    var counts: [String: Int] = [:]
    for answer in solved { counts[answer.text, default: 0] += 1 }
    answers = counts.map { (text: $0.key, count: $0.value) }
      .sorted { ($1.count, $0.text) < ($0.count, $1.text) }
    let evaluations = solved.map(\.statistics.evaluations).sorted()
    medianEvaluations = evaluations.isEmpty ? 0 : evaluations[evaluations.count / 2]
    worstEvaluations = evaluations.last ?? 0
    let cases = solved.map(\.cases).sorted()
    medianCases = cases.isEmpty ? 0 : cases[cases.count / 2]
  }

  /// The titles of the columns that `description` fills.
  public static let heading =
    pad("problem", 18) + "   ideal  answers  median  worst  cases until it failed"

  /// One line, with its columns aligned to those of `heading`.
  public var description: String {
    let percent = seeds == 0 ? 0 : ideal * 100 / seeds
    return Self.pad(name, 18) + Self.lead("\(percent) %", 8) + Self.lead("\(answers.count)", 9)
      + Self.lead("\(medianEvaluations)", 8) + Self.lead("\(worstEvaluations)", 7)
      + Self.lead("\(medianCases)", 7)
      + (notFound > 0 ? "  not found: \(notFound)" : "")
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func lead(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

/// The fourteen problems of jlink/shrinking-challenge and swift-property-based, side by side.
///
/// ```swift
/// for row in Challenge.run(seeds: 0..<3) { print(row) }
/// ```
public enum Challenge {
  /// All fourteen, in the order in which results are usually published.
  public static let problems: [ChallengeProblem] = [
    .reverse, .distinct, .nestedLists, .largeUnionList, .coupling, .bound5, .deletion,
    .lengthList, .calculator, .binaryHeap, .differenceZero, .differenceSmall, .differenceOne,
    .sumOf250,
  ]

  /// Solves all problems with each seed; one row for each problem.
  ///
  /// ```swift
  /// let quick = Shrinker(Shrinker.Limits(evaluations: 100))
  /// let rows = Challenge.run(seeds: 0..<1, quick)
  /// assert(rows.map(\.name) == Challenge.problems.map(\.name))
  /// ```
  public static func run(
    seeds: Range<UInt64>, _ shrinker: Shrinker = Shrinker()
  ) -> [ChallengeRow] {
    problems.map { $0.run(seeds: seeds, shrinker) }
  }
}
