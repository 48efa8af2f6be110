/// Draws values that differ from the earlier ones: a few at random, then all possible ones in
/// order.
///
/// Only the value that is kept is recorded. A replay that meets an old value, since shrinking
/// lowered a choice, takes the next new one: so the simplest values come first.
struct DistinctValues<Value: Hashable> {
  /// How many values are tried in order, if more than a few of the random ones are old.
  static var enumerationLimit: Int { 1 << 14 }

  private var values: Set<Value> = []

  /// - Returns: `nil` if every value of the generator, or every one tried, is old.
  mutating func draw(
    _ generator: Generator<Value>, from source: inout ChoiceSource
  ) throws -> Value? {
    let mark = source.mark
    let value = try generator.draw(from: &source)
    if values.insert(value).inserted { return value }
    for _ in 1..<GaveUp.attempts where source.isAtFreshChoice {
      source.forget(since: mark)
      let value = try generator.draw(from: &source)
      if values.insert(value).inserted { return value }
    }
    let start = source.choices(since: mark)
    source.forget(since: mark)
    return next(after: start, generator, &source)
  }

  /// Counts through the sequences of choices: from `start` to the last, then from the first.
  private mutating func next(
    after start: [Choice], _ generator: Generator<Value>, _ source: inout ChoiceSource
  ) -> Value? {
    var probe = ChoiceSource(replaying: ChoiceSequence(), limit: source.limit)
    // What a filter refuses is skipped here, not drawn again.
    probe.attempts = 1
    var (candidate, isSecondTurn) = (Self.successor(of: start[...]), false)
    for _ in 0..<Self.enumerationLimit {
      if candidate == nil {
        guard !isSecondTurn else { return nil }
        isSecondTurn = true
      }
      probe.reset(replaying: ChoiceSequence(choices: candidate ?? []))
      let value = try? generator.draw(from: &probe)
      if let value, !probe.isOverrun, values.insert(value).inserted {
        source.append(probe.choices)
        return value
      }
      let drawn = probe.choices.choices
      // A choice without alternative looks like others, but does not lead to the next value.
      let end = candidate?.count ?? 0
      let isForced = end > 0 && (drawn.count < end || drawn[end - 1] != candidate?.last)
      candidate = Self.successor(of: isForced ? drawn.prefix(end - 1) : drawn[...])
    }
    return nil
  }

  /// The next sequence as in counting, the last choice changing fastest; `nil` after the last.
  private static func successor(of choices: ArraySlice<Choice>) -> [Choice]? {
    guard let last = choices.lastIndex(where: { $0.value < $0.maximum }) else { return nil }
    var successor = Array(choices[...last])
    successor[last].value += 1
    return successor
  }
}
