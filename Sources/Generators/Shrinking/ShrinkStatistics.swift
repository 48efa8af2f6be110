/// The cost of shrinking, and which passes succeeded.
///
/// ```swift
/// let result = Shrinker().shrink(failing) { $0.choose(below: 9) > 4 ? "large" : nil }
/// for pass in result.statistics.passes where pass.successes > 0 { print(pass.name) }
/// ```
public struct ShrinkStatistics: Sendable, Equatable {
  /// The cost of one pass, over all rounds.
  ///
  /// ```swift
  /// let result = Shrinker().shrink(failing) { $0.choose(below: 9) > 4 ? "large" : nil }
  /// assert(result.statistics.passes.contains { $0.successes > 0 })
  /// ```
  public struct Pass: Sendable, Equatable {
    /// What the pass does.
    public let name: String
    /// Candidates run.
    public var evaluations = 0
    /// Candidates that were simpler and failed in the same way.
    public var successes = 0

    /// Nothing done yet.
    ///
    /// ```swift
    /// let pass = ShrinkStatistics.Pass(name: "delete spans")
    /// assert(pass.evaluations == 0 && pass.successes == 0)
    /// ```
    public init(name: String) {
      self.name = name
    }
  }

  /// Why a search ended.
  public enum Ending: Sendable, CustomStringConvertible {
    /// No candidate was left to try.
    case nothingSimpler
    /// The limit of candidates was reached.
    case limit
    /// The time was up.
    case time
    /// The case did not fail when it was run again, so nothing was tried.
    case notRepeated

    /// The reason, in a few words.
    public var description: String {
      switch self {
      case .nothingSimpler: "nothing simpler nearby fails"
      case .limit: "stopped early, at the limit of tries"
      case .time: "stopped early, since the time was up"
      case .notRepeated: "it did not fail when run again"
      }
    }
  }

  /// Candidates run, not counting the first replay.
  public var evaluations = 0
  /// Candidates that were not run because an equal one had been.
  public var repeats = 0
  /// How often the whole list of passes was run.
  public var rounds = 0
  /// Why the search ended.
  public var ending = Ending.notRepeated
  /// Whether the search ended because nothing simpler was left to try, rather than at a limit.
  public var isComplete: Bool { ending == .nothingSimpler }
  /// In the order in which they are tried.
  public var passes: [Pass] = []

  /// Nothing done yet.
  ///
  /// ```swift
  /// let statistics = ShrinkStatistics()
  /// assert(statistics.evaluations == 0 && !statistics.isComplete)
  /// ```
  public init() {}
}
