/// Where every random decision comes from, fresh or replayed, and where each is recorded.
///
/// Choice 0 is always the simplest. Replaying is lenient, because a shrinker's candidate rarely
/// fits exactly: a value above its bound is clamped, and after the last one come zeros.
///
/// ```swift
/// var source = ChoiceSource(seed: Seed(42))
/// let length = source.choose(0...10)
/// let isUrgent = source.chance(1, in: 4)
/// ```
public struct ChoiceSource: Sendable {
  /// How many choices one case may make before it counts as an overrun.
  public static let defaultLimit = 1 << 17

  /// How many choices this source records.
  public let limit: Int
  /// Whether the case wanted more than `limit` choices; all further ones were 0 and unrecorded.
  public private(set) var isOverrun = false

  @usableFromInline var random: SplitMix64
  @usableFromInline var script: [Choice]
  @usableFromInline var position = 0
  /// The choices before this index may be taken now: all, or those of one span.
  @usableFromInline var available = 0
  @usableFromInline var alignment = SpanAlignment()
  /// Whether choices after the script are random; otherwise they are 0.
  @usableFromInline var isFresh: Bool
  @usableFromInline var recorded = ChoiceSequence()
  /// Whether choices are recorded; false for those that are never replayed or shrunk.
  @usableFromInline var isRecording = true
  @usableFromInline var innermost = -1
  /// How many nodes the parts of the recursive value being drawn may still have; `nil` outside of
  /// one.
  var nodesLeft: Int?
  /// How many values a filter tries before it gives up.
  var attempts = GaveUp.attempts
  @usableFromInline var unrecordedSpans = 0

  /// Fresh choices.
  ///
  /// ```swift
  /// var source = ChoiceSource(seed: Seed(7))
  /// var same = ChoiceSource(seed: Seed(7))
  /// assert(source.choose(1...6) == same.choose(1...6))
  /// ```
  public init(seed: Seed, limit: Int = defaultLimit) {
    self.init(script: [], random: SplitMix64(seed), isFresh: true, limit: limit)
  }

  /// The choices of `sequence`, then zeros.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence(values: [3]))
  /// assert(source.choose(below: 10) == 3 && source.choose(below: 10) == 0)
  /// ```
  public init(replaying sequence: ChoiceSequence, limit: Int = defaultLimit) {
    let random = SplitMix64(state: 0)
    self.init(script: sequence.choices, random: random, isFresh: false, limit: limit)
  }

  /// The choices of `prefix`, then fresh ones.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence(values: [3]), thenSeed: Seed(1))
  /// assert(source.choose(below: 10) == 3)
  /// let die = source.choose(1...6)
  /// ```
  public init(replaying prefix: ChoiceSequence, thenSeed seed: Seed, limit: Int = defaultLimit) {
    self.init(script: prefix.choices, random: SplitMix64(seed), isFresh: true, limit: limit)
  }

  /// The choices of `sequence`, span by span, then zeros.
  ///
  /// A span that is opened takes the choices of the next span with that label, or zeros if it needs
  /// more; what it leaves is skipped. So a sequence stays useful after the code that draws it has
  /// changed.
  ///
  /// ```swift
  /// let old = try ChoiceSequence(parsing: "pair{ 1/9 2/9 } pair{ 3/9 4/9 }")
  /// var source = ChoiceSource(aligning: old)
  /// _ = source.span("pair") { $0.choose(below: 10) }
  /// assert(source.span("pair") { $0.choose(below: 10) } == 3)
  /// ```
  public init(aligning sequence: ChoiceSequence, limit: Int = defaultLimit) {
    self.init(replaying: sequence, limit: limit)
    reset(aligning: sequence)
  }

  /// Choices that are never replayed: fresh after `reset(seed:)`, and not recorded.
  static var unrecorded: ChoiceSource {
    var source = ChoiceSource(seed: Seed(0))
    source.isRecording = false
    return source
  }

  private init(script: [Choice], random: SplitMix64, isFresh: Bool, limit: Int) {
    precondition(limit > 0, "a case needs room for at least one choice, not \(limit)")
    self.script = script
    available = script.count
    self.random = random
    self.isFresh = isFresh
    self.limit = limit
  }

  /// Starts over with fresh choices, in the memory already at hand.
  ///
  /// ```swift
  /// var source = ChoiceSource(seed: Seed(7))
  /// let die = source.choose(1...6)
  /// source.reset(seed: Seed(7))
  /// assert(source.choose(1...6) == die)
  /// ```
  public mutating func reset(seed: Seed) {
    random = SplitMix64(seed)
    // If nothing is recorded, there is nothing to forget.
    guard isRecording else { return }
    isFresh = true
    script.removeAll(keepingCapacity: true)
    forget()
  }

  /// Starts over with the choices of `sequence`, then zeros.
  ///
  /// ```swift
  /// var source = ChoiceSource(seed: Seed(7))
  /// source.reset(replaying: ChoiceSequence(values: [3]))
  /// assert(source.choose(below: 10) == 3 && source.choose(below: 10) == 0)
  /// ```
  public mutating func reset(replaying sequence: ChoiceSequence) {
    isFresh = false
    script = sequence.choices
    forget()
  }

  /// Starts over with the choices of `sequence`, span by span.
  ///
  /// ```swift
  /// var source = ChoiceSource(seed: Seed(7))
  /// source.reset(aligning: try ChoiceSequence(parsing: "old{ 1/9 } digit{ 2/9 }"))
  /// assert(source.span("digit") { $0.choose(below: 10) } == 2)
  /// ```
  public mutating func reset(aligning sequence: ChoiceSequence) {
    reset(replaying: sequence)
    alignment.begin(sequence)
    available = alignment.available
  }

  private mutating func forget() {
    position = 0
    available = script.count
    alignment.end()
    innermost = -1
    nodesLeft = nil
    unrecordedSpans = 0
    isOverrun = false
    recorded.choices.removeAll(keepingCapacity: true)
    recorded.spans.removeAll(keepingCapacity: true)
  }

  /// What was drawn so far, with every span that is still open ending here.
  public var choices: ChoiceSequence {
    var sequence = recorded
    var open = innermost
    while open >= 0 {
      sequence.spans[open].end = sequence.count
      open = sequence.spans[open].parent
    }
    return sequence
  }

  /// The values of what was drawn so far.
  var values: [UInt64] { recorded.values }

  /// How many choices were recorded so far.
  @inlinable public var count: Int { recorded.choices.count }

  // MARK: - Choosing

  /// A number in `0 ..< bound`.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence(values: [7]))
  /// assert(source.choose(below: 10) == 7)
  /// ```
  @inlinable
  public mutating func choose(below bound: UInt64) -> UInt64 {
    precondition(bound > 0, "there is nothing to choose from below 0")
    return isRecording ? choose(upTo: bound &- 1) : random.next(below: bound)
  }

  /// A number in `0 ... maximum`.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence(values: [7]))
  /// assert(source.choose(upTo: 5) == 5)
  /// ```
  @inlinable
  public mutating func choose(upTo maximum: UInt64) -> UInt64 {
    choose(upTo: maximum) { $0.next(upTo: maximum) }
  }

  /// A number in `0 ... maximum`, which `fresh` draws from whatever distribution it likes.
  ///
  /// Only the number is recorded, so a skewed draw shrinks as well as an even one.
  ///
  /// ```swift
  /// let mostlySmall = source.choose(upTo: 1000) { random in
  ///   random.next(upTo: random.next(upTo: 1000))
  /// }
  /// ```
  @inlinable
  public mutating func choose(
    upTo maximum: UInt64, fresh: (inout SplitMix64) -> UInt64
  ) -> UInt64 {
    var value: UInt64 = 0
    if position < available {
      value = Swift.min(script[position].value, maximum)
      position &+= 1
    } else if isFresh {
      value = fresh(&random)
    }
    return record(value, upTo: maximum) ? value : 0
  }

  /// A number in `range`; shrinks to the lower bound.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence(values: [2]))
  /// assert(source.choose(-5...5) == -3 && source.choose(-5...5) == -5)
  /// ```
  @inlinable
  public mutating func choose(_ range: ClosedRange<Int>) -> Int {
    let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound))
    return range.lowerBound &+ Int(truncatingIfNeeded: choose(upTo: width))
  }

  /// `true` in `numerator` of `denominator` cases; shrinks to `false`.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence(values: [3]))
  /// assert(source.chance(1, in: 4) && !source.chance(1, in: 4))
  /// ```
  @inlinable
  public mutating func chance(_ numerator: UInt64, in denominator: UInt64) -> Bool {
    precondition(numerator <= denominator, "a chance above certainty")
    return choose(below: denominator) >= denominator &- numerator
  }

  /// Records a choice that had no alternative.
  ///
  /// A list that must not grow further still records "stop", so that deleting one of its elements
  /// leaves the later choices where they are expected.
  ///
  /// ```swift
  /// let isFull = list.count >= 8
  /// if isFull { source.force(0, upTo: 1) }
  /// let goesOn = isFull ? false : source.chance(1, in: 2)
  /// ```
  @inlinable
  public mutating func force(_ value: UInt64, upTo maximum: UInt64) {
    precondition(value <= maximum, "a forced choice must be within its bound")
    if position < available { position &+= 1 }
    _ = record(value, upTo: maximum)
  }

  @inlinable
  mutating func record(_ value: UInt64, upTo maximum: UInt64) -> Bool {
    precondition(value <= maximum, "a choice must be within its bound")
    guard isRecording else { return true }
    guard recorded.choices.count < limit else {
      noteOverrun()
      return false
    }
    recorded.choices.append(Choice(value, upTo: maximum))
    return true
  }

  @usableFromInline
  mutating func noteOverrun() {
    isOverrun = true
  }

  // MARK: - Spans

  /// Starts a group of choices that the shrinker may delete, move or replace as a whole.
  ///
  /// ```swift
  /// var source = ChoiceSource(replaying: ChoiceSequence(values: [3]))
  /// source.openSpan("digit")
  /// _ = source.choose(below: 10)
  /// assert(source.choices.description == "digit{ 3/9 }")
  /// ```
  @inlinable
  public mutating func openSpan(_ label: SpanLabel) {
    guard recorded.spans.count < limit else {
      unrecordedSpans &+= 1
      noteOverrun()
      return
    }
    let start = recorded.choices.count
    recorded.spans.append(
      ChoiceSequence.Span(label: label, start: start, end: start, parent: innermost))
    innermost = recorded.spans.count &- 1
    if alignment.isActive { alignOpened(label) }
  }

  @usableFromInline
  mutating func alignOpened(_ label: SpanLabel) {
    position = alignment.open(label) ?? position
    available = alignment.available
  }

  @usableFromInline
  mutating func alignClosed() {
    position = alignment.close() ?? position
    available = alignment.available
  }

  /// Ends the group that was started last.
  ///
  /// ```swift
  /// var source = ChoiceSource(seed: Seed(7))
  /// source.openSpan("empty")
  /// source.closeSpan()
  /// assert(source.choices.description == "empty{ }")
  /// ```
  @inlinable
  public mutating func closeSpan() {
    guard unrecordedSpans == 0 else {
      unrecordedSpans &-= 1
      return
    }
    precondition(innermost >= 0, "closeSpan() without openSpan()")
    recorded.spans[innermost].end = recorded.choices.count
    innermost = recorded.spans[innermost].parent
    if alignment.isActive { alignClosed() }
  }

  /// Draws `body` inside a span.
  ///
  /// ```swift
  /// let point = source.span("point") { ($0.choose(0...9), $0.choose(0...9)) }
  /// ```
  @inlinable
  public mutating func span<Value, Problem: Error>(
    _ label: SpanLabel, _ body: (inout ChoiceSource) throws(Problem) -> Value
  ) throws(Problem) -> Value {
    openSpan(label)
    defer { closeSpan() }
    return try body(&self)
  }
}
