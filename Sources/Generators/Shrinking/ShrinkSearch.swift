/// One search for a simpler sequence: the best so far, what was tried, and the passes in order.
final class ShrinkSearch {
  private(set) var best: ChoiceSequence
  private(set) var statistics = ShrinkStatistics()

  private let limits: Shrinker.Limits
  private let shouldStop: () -> Bool
  private let test: (inout ChoiceSource) -> Bool
  private var source: ChoiceSource
  private var seen: Set<UInt64> = []
  private(set) var isOver = false

  init(
    best: ChoiceSequence, limits: Shrinker.Limits, shouldStop: @escaping () -> Bool,
    test: @escaping (inout ChoiceSource) -> Bool
  ) {
    self.best = best
    self.limits = limits
    self.shouldStop = shouldStop
    self.test = test
    source = ChoiceSource(replaying: best, limit: limits.choices)
    remember(best.choices)
  }

  func run() {
    var didImprove = true
    while didImprove, !isOver {
      didImprove = false
      statistics.rounds += 1
      for index in ShrinkPass.all.indices where !isOver {
        let pass = ShrinkPass.all[index]
        if statistics.passes.count <= index {
          statistics.passes.append(ShrinkStatistics.Pass(name: pass.name))
        }
        let evaluations = statistics.evaluations
        let before = best
        pass.run(self)
        statistics.passes[index].evaluations += statistics.evaluations - evaluations
        if best.isSimpler(than: before) {
          statistics.passes[index].successes += 1
          didImprove = true
        }
      }
    }
    statistics.isComplete = !isOver
  }

  /// Runs `candidate`, and keeps what it drew if that is simpler and fails in the same way.
  func attempt(_ candidate: [Choice]) -> Bool {
    guard !isOver else { return false }
    guard remember(candidate) else {
      statistics.repeats += 1
      return false
    }
    guard statistics.evaluations < limits.evaluations, !shouldStop() else {
      isOver = true
      return false
    }
    statistics.evaluations += 1
    source.reset(replaying: ChoiceSequence(choices: candidate))
    let isSameFailure = test(&source)
    guard isSameFailure, !source.isOverrun else { return false }
    let drawn = source.choices
    guard drawn.isSimpler(than: best) else { return false }
    remember(drawn.choices)
    best = drawn
    return true
  }

  /// - Returns: Whether the values are new.
  @discardableResult
  private func remember(_ choices: [Choice]) -> Bool {
    if seen.count >= limits.remembered { seen.removeAll(keepingCapacity: true) }
    return seen.insert(Self.fingerprint(choices)).inserted
  }

  private static func fingerprint(_ choices: [Choice]) -> UInt64 {
    var hash = UInt64(choices.count)
    for choice in choices {
      hash = (hash ^ choice.value) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash &>> 29
    }
    return hash
  }

  /// The largest count of steps that succeed together, found in logarithmically many tries.
  ///
  /// `step(count)` tries to take `count` steps from one fixed starting point.
  /// - Returns: 0 if not even one step succeeds.
  func gallop(upTo limit: Int, _ step: (Int) -> Bool) -> Int {
    guard limit > 0, step(1) else { return 0 }
    var reached = 1
    var failed = limit + 1
    while reached < limit {
      let next = min(reached * 2, limit)
      guard step(next) else {
        failed = next
        break
      }
      reached = next
    }
    while reached + 1 < failed {
      let middle = reached + (failed - reached) / 2
      if step(middle) { reached = middle } else { failed = middle }
    }
    return reached
  }
}
