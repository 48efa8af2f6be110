/// One search for a simpler sequence: the best so far, what was tried, and the passes in order.
final class ShrinkSearch {
  private(set) var best: ChoiceSequence
  private(set) var statistics = ShrinkStatistics()

  private let limits: Shrinker.Limits
  private let shouldStop: () -> Bool
  private let test: (inout ChoiceSource) -> Bool
  private var source: ChoiceSource
  /// What was run, by fingerprint.
  private var seen: [UInt64: Drawn] = [:]

  /// The result of a candidate.
  struct Drawn {
    /// Whether exactly the candidate was drawn.
    var fits: Bool
    /// How many choices were drawn.
    var count: Int
    /// The fingerprint of their bounds.
    var shape: UInt64
  }
  /// Why the search ended before its passes did.
  private var interruption: ShrinkStatistics.Ending?
  var isOver: Bool { interruption != nil }

  init(
    best: ChoiceSequence, limits: Shrinker.Limits, shouldStop: @escaping () -> Bool,
    test: @escaping (inout ChoiceSource) -> Bool
  ) {
    self.best = best
    self.limits = limits
    self.shouldStop = shouldStop
    self.test = test
    source = ChoiceSource(replaying: best, limit: limits.choices)
    seen[Self.fingerprint(best.choices)] = Drawn(fits: true, best)
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
    statistics.ending = interruption ?? .nothingSimpler
  }

  /// Runs `candidate`, and keeps what it drew if that is simpler and fails in the same way.
  func attempt(_ candidate: [Choice]) -> Bool {
    attempt(ChoiceSequence(choices: candidate), isAligned: false)
  }

  /// Runs `candidate` as it is; if that does not fit what is drawn, runs it again span by span.
  func attemptAligned(_ candidate: ChoiceSequence) -> Bool {
    if attempt(candidate, isAligned: false) { return true }
    guard seen[Self.fingerprint(candidate.choices)]?.fits != true else { return false }
    return attempt(candidate, isAligned: true)
  }

  /// The result of a candidate that was run as it is, if still known.
  func drawn(by candidate: [Choice]) -> Drawn? { seen[Self.fingerprint(candidate)] }

  private func attempt(_ candidate: ChoiceSequence, isAligned: Bool) -> Bool {
    guard !isOver else { return false }
    let fingerprint = Self.fingerprint(candidate.choices)
    let key = isAligned ? ~fingerprint : fingerprint
    guard seen[key] == nil else {
      statistics.repeats += 1
      return false
    }
    guard statistics.evaluations < limits.evaluations else {
      interruption = .limit
      return false
    }
    guard !shouldStop() else {
      interruption = .time
      return false
    }
    statistics.evaluations += 1
    if isAligned {
      source.reset(aligning: candidate)
    } else {
      source.reset(replaying: candidate)
    }
    let isSameFailure = test(&source)
    let drawn = source.choices
    let drawnFingerprint = Self.fingerprint(drawn.choices)
    if seen.count >= limits.remembered { seen.removeAll(keepingCapacity: true) }
    // What was drawn may differ from the candidate, which did not fit; it is not run again either.
    // Nor is there anything to align if exactly the best was drawn: the change had no effect.
    let fits = drawnFingerprint == fingerprint || drawn.choices == best.choices
    seen[key] = Drawn(fits: fits, drawn)
    seen[drawnFingerprint] = Drawn(fits: true, drawn)
    guard isSameFailure, !source.isOverrun, drawn.isSimpler(than: best) else { return false }
    best = drawn
    return true
  }

  /// The same with and without trailing zeros, which follow the end anyway.
  static func fingerprint(_ choices: [Choice]) -> UInt64 {
    let end = (choices.lastIndex { $0.value > 0 } ?? -1) + 1
    var hash = SplitMix64(state: UInt64(end)).mixed
    // Every bit of the length and of each value affects about half of the bits of what follows.
    for choice in choices[..<end] { hash = SplitMix64(state: hash ^ choice.value).mixed }
    return hash
  }

  // MARK: - Searching for a number

  /// The largest number of steps that succeed together, found in logarithmically many tries.
  ///
  /// `step(count)` tries to take `count` steps from one fixed starting point.
  /// - Returns: 0 if not even one step succeeds.
  func gallop(upTo limit: Int, _ step: (Int) -> Bool) -> Int {
    let limit = min(limit, Int.max - 1)
    guard limit > 0, step(1) else { return 0 }
    var reached = 1
    var failed = limit + 1
    while reached < limit {
      let next = reached > limit / 2 ? limit : reached * 2
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

  /// Searches for the smallest number that `attempt` accepts, starting from an accepted one.
  ///
  /// The number of bits is minimised first, in a handful of tries, then the number itself. Steps of
  /// up to `widestStep` skip numbers in between that do not fail: for integers that alternate
  /// between positive and negative, two steps lead to the next of the same sign.
  func minimise(_ value: UInt64, widestStep: UInt64, _ attempt: (UInt64) -> Bool) {
    guard value > 0, !attempt(0) else { return }
    let bits = 64 - value.leadingZeroBitCount
    var shift = 0
    var tooFar = bits
    while shift + 1 < tooFar {
      let middle = shift + (tooFar - shift) / 2
      if attempt(value >> UInt64(middle)) { shift = middle } else { tooFar = middle }
    }
    var reached = value >> UInt64(shift)
    var unit: UInt64 = 1
    while unit <= widestStep, unit < reached, !isOver {
      let start = reached
      let steps = gallop(upTo: Int(clamping: (start - 1) / unit)) { count in
        attempt(start - UInt64(count) * unit)
      }
      reached -= UInt64(steps) * unit
      unit = steps > 0 && unit > 1 ? 1 : unit + 1
    }
  }
}

extension ShrinkSearch.Drawn {
  init(fits: Bool, _ sequence: ChoiceSequence) {
    self.init(fits: fits, count: sequence.count, shape: sequence.shape)
  }
}

extension ChoiceSequence {
  /// The fingerprint of the bounds of all choices.
  var shape: UInt64 {
    choices.reduce(0) { SplitMix64(state: $0 ^ $1.maximum).mixed }
  }
}
