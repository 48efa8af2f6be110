/// Makes a failing case as simple as possible, by editing its choices and running it again.
///
/// Deterministic: the same sequence and the same test give the same answer. A candidate counts only
/// if the *same* failure recurs, and no candidate is run twice.
///
/// ```swift
/// let result = Shrinker().shrink(failing) { source in
///   source.choose(0...1000) >= 10 ? "too large" : nil
/// }
/// assert(result.minimal.values == [10])
/// ```
public struct Shrinker: Sendable {
  /// How far a search may go.
  ///
  /// ```swift
  /// let shrinker = Shrinker(Shrinker.Limits(evaluations: 3))
  /// let result = shrinker.shrink(failing) { $0.choose(0...1000) >= 10 ? "too large" : nil }
  /// assert(result.statistics.evaluations <= 3)
  /// ```
  public struct Limits: Sendable {
    /// How many candidates may be run.
    public var evaluations: Int
    /// How many choices a case may make.
    public var choices: Int
    /// How many candidates are remembered, so that none is run twice.
    public var remembered: Int

    /// Limits, where the defaults do not fit.
    ///
    /// ```swift
    /// let limits = Shrinker.Limits(evaluations: 100)
    /// assert(limits.evaluations == 100 && limits.choices == ChoiceSource.defaultLimit)
    /// ```
    public init(
      evaluations: Int = 20_000, choices: Int = ChoiceSource.defaultLimit,
      remembered: Int = 1 << 20
    ) {
      self.evaluations = evaluations
      self.choices = choices
      self.remembered = remembered
    }
  }

  /// How far a search may go.
  public var limits: Limits

  /// A shrinker that keeps to `limits`.
  ///
  /// ```swift
  /// assert(Shrinker().limits.evaluations == 20_000)
  /// assert(Shrinker(Shrinker.Limits(evaluations: 100)).limits.evaluations == 100)
  /// ```
  public init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Finds the simplest sequence that fails `test` in the same way.
  ///
  /// ```swift
  /// let result = Shrinker().shrink(failing) { $0.choose(below: 1000) > 99 ? "long" : nil }
  /// assert(result.minimal.values == [100] && result.statistics.isComplete)
  /// ```
  ///
  /// - Parameters:
  ///   - failing: What was recorded when the case failed.
  ///   - shouldStop: Asked before every evaluation, for a time limit. It makes the answer depend on
  ///     the clock, so omit it if the answer must be repeatable.
  ///   - test: Runs a case and returns how it fails, or `nil`.
  public func shrink<Failure: Equatable>(
    _ failing: ChoiceSequence, shouldStop: () -> Bool = { false },
    test: (inout ChoiceSource) -> Failure?
  ) -> ShrinkResult<Failure> {
    var source = ChoiceSource(replaying: failing, limit: limits.choices)
    guard let failure = test(&source), !source.isOverrun else {
      return ShrinkResult(
        minimal: failing, failure: nil, others: [], statistics: ShrinkStatistics())
    }
    var others: [(failure: Failure, sequence: ChoiceSequence)] = []
    let isSameFailure: (inout ChoiceSource) -> Bool = { source in
      guard let found = test(&source) else { return false }
      if found == failure { return true }
      let isNew = others.count < Self.otherLimit && !others.contains { $0.failure == found }
      if isNew, !source.isOverrun { others.append((found, source.choices)) }
      return false
    }
    let search = withoutActuallyEscaping(isSameFailure) { isSameFailure in
      withoutActuallyEscaping(shouldStop) { shouldStop in
        let search = ShrinkSearch(
          best: source.choices, limits: limits, shouldStop: shouldStop, test: isSameFailure)
        search.run()
        return (best: search.best, statistics: search.statistics)
      }
    }
    return ShrinkResult(
      minimal: search.best, failure: failure, others: others, statistics: search.statistics)
  }

  /// How many other failures are set aside.
  public static let otherLimit = 8
}

/// The result of shrinking.
///
/// ```swift
/// let result = Shrinker().shrink(failing) { $0.choose(below: 9) > 4 ? "large" : nil }
/// assert(result.minimal.values == [5] && result.failure == "large" && result.others.isEmpty)
/// ```
public struct ShrinkResult<Failure: Equatable> {
  /// The simplest failing sequence found.
  public let minimal: ChoiceSequence
  /// How it fails; `nil` if the sequence did not fail at all when run again.
  public let failure: Failure?
  /// Other failures that candidates ran into, each with the first sequence that did: not
  /// simplified, but worth keeping, since each may be another fault.
  public let others: [(failure: Failure, sequence: ChoiceSequence)]
  /// What the search cost.
  public let statistics: ShrinkStatistics
}

extension ShrinkResult: Sendable where Failure: Sendable {}
