/// Makes a failing case as simple as it can, by editing its choices and running it again.
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
  public struct Limits: Sendable {
    /// How many candidates may be run.
    public var evaluations: Int
    /// How many choices a case may make.
    public var choices: Int
    /// How many candidates are remembered, so that none is run twice.
    public var remembered: Int

    public init(
      evaluations: Int = 20_000, choices: Int = ChoiceSource.defaultLimit,
      remembered: Int = 1 << 20
    ) {
      self.evaluations = evaluations
      self.choices = choices
      self.remembered = remembered
    }
  }

  public var limits: Limits

  public init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Finds the simplest sequence that `test` fails in the same way.
  ///
  /// - Parameters:
  ///   - failing: What was recorded when the case failed.
  ///   - shouldStop: Asked before every evaluation, for a budget of time. It makes the answer
  ///     depend on the clock, so pass none where the answer must be repeatable.
  ///   - test: Runs a case and returns how it fails, or `nil`.
  public func shrink<Failure: Equatable>(
    _ failing: ChoiceSequence, shouldStop: () -> Bool = { false },
    test: (inout ChoiceSource) -> Failure?
  ) -> ShrinkResult<Failure> {
    var source = ChoiceSource(replaying: failing, limit: limits.choices)
    guard let failure = test(&source), !source.isOverrun else {
      return ShrinkResult(minimal: failing, failure: nil, statistics: ShrinkStatistics())
    }
    let isSameFailure: (inout ChoiceSource) -> Bool = { test(&$0) == failure }
    return withoutActuallyEscaping(isSameFailure) { isSameFailure in
      withoutActuallyEscaping(shouldStop) { shouldStop in
        let search = ShrinkSearch(
          best: source.choices, limits: limits, shouldStop: shouldStop, test: isSameFailure)
        search.run()
        return ShrinkResult(
          minimal: search.best, failure: failure, statistics: search.statistics)
      }
    }
  }
}

/// What shrinking came to.
public struct ShrinkResult<Failure: Equatable> {
  /// The simplest failing sequence found.
  public let minimal: ChoiceSequence
  /// How it fails; `nil` if the sequence did not fail at all when run again.
  public let failure: Failure?
  public let statistics: ShrinkStatistics
}

extension ShrinkResult: Sendable where Failure: Sendable {}
