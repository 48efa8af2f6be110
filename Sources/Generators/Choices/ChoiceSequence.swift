/// One recorded choice: a value in `0 ... maximum`, of which 0 is the simplest.
///
/// ```swift
/// var source = ChoiceSource(replaying: ChoiceSequence(values: [3]))
/// _ = source.choose(below: 10)
/// assert(source.choices.choices == [Choice(3, upTo: 9)])
/// ```
public struct Choice: Hashable, Sendable {
  /// What was chosen.
  public var value: UInt64
  /// The most that could have been chosen.
  public var maximum: UInt64

  /// A choice of `value` from `0 ... maximum`.
  ///
  /// ```swift
  /// let choice = Choice(3, upTo: 9)
  /// assert(choice.value == 3 && choice.maximum == 9)
  /// ```
  @inlinable
  public init(_ value: UInt64, upTo maximum: UInt64) {
    self.value = value
    self.maximum = maximum
  }
}

/// Everything random about one test case, in the order it was drawn.
///
/// Shrinking edits this sequence and draws again, so every generator shrinks and none can shrink
/// to a value it would not have generated (MacIver and Donaldson, "Test-Case Reduction via
/// Test-Case Generation", ECOOP 2020).
///
/// ```swift
/// var source = ChoiceSource(seed: Seed(7))
/// let die = source.choose(1...6)
/// var again = ChoiceSource(replaying: source.choices)
/// assert(again.choose(1...6) == die)
/// ```
public struct ChoiceSequence: Equatable, Sendable {
  /// A group of neighbouring choices that mean something together, such as one command.
  ///
  /// ```swift
  /// let sequence = try ChoiceSequence(parsing: "0/1 pair{ 1/9 2/9 }")
  /// assert(sequence.spans[0].label == "pair" && sequence.spans[0].range == 1..<3)
  /// ```
  public struct Span: Equatable, Sendable {
    /// What kind of group it is.
    public var label: SpanLabel
    /// The index of its first choice.
    public var start: Int
    /// The index after its last choice.
    public var end: Int
    /// The index of the span around it, or -1.
    public var parent: Int

    /// A span of the choices `start ..< end`, inside the span at index `parent`.
    ///
    /// ```swift
    /// let span = ChoiceSequence.Span(label: "pair", start: 1, end: 3, parent: -1)
    /// assert(span.range == 1..<3)
    /// ```
    @inlinable
    public init(label: SpanLabel, start: Int, end: Int, parent: Int) {
      self.label = label
      self.start = start
      self.end = end
      self.parent = parent
    }

    /// The indices of its choices.
    @inlinable public var range: Range<Int> { start..<end }
  }

  /// In the order in which they were drawn.
  public var choices: [Choice]
  /// In the order in which they were opened, so a parent comes before its children.
  public var spans: [Span]

  /// A sequence with these choices and spans.
  ///
  /// ```swift
  /// let sequence = ChoiceSequence(choices: [Choice(1, upTo: 9), Choice(0, upTo: 1)])
  /// assert(sequence.description == "1/9 0/1")
  /// ```
  @inlinable
  public init(choices: [Choice] = [], spans: [Span] = []) {
    self.choices = choices
    self.spans = spans
  }

  /// Choices whose bounds are not known, or do not matter: replaying clamps them.
  ///
  /// ```swift
  /// let sequence = ChoiceSequence(values: [3, 1])
  /// assert(sequence.values == [3, 1] && sequence.maxima == [.max, .max])
  /// ```
  public init(values: [UInt64]) {
    self.init(choices: values.map { Choice($0, upTo: .max) })
  }

  /// How many choices there are.
  @inlinable public var count: Int { choices.count }
  /// Whether nothing was drawn.
  @inlinable public var isEmpty: Bool { choices.isEmpty }
  /// The value of each choice.
  public var values: [UInt64] { choices.map(\.value) }
  /// The largest value each choice could have had.
  public var maxima: [UInt64] { choices.map(\.maximum) }

  /// Shortlex order.
  ///
  /// ```swift
  /// let (short, long) = (ChoiceSequence(values: [9]), ChoiceSequence(values: [0, 0]))
  /// assert(short.isSimpler(than: long))
  /// ```
  ///
  /// Fewer choices come first, then the first difference decides.
  ///
  /// Not `Comparable`, because two sequences that differ only in spans are unequal, but neither is
  /// simpler.
  public func isSimpler(than other: ChoiceSequence) -> Bool {
    guard count == other.count else { return count < other.count }
    for index in 0..<count where choices[index].value != other.choices[index].value {
      return choices[index].value < other.choices[index].value
    }
    return false
  }
}
