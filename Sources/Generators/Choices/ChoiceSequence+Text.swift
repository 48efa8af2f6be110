/// The text form: `value/maximum` for a choice, `label{ … }` for a span.
///
/// ```swift
/// let sequence = try ChoiceSequence(parsing: "2/3 command{ 0/1 17/1000 }")
/// assert(sequence.description == "2/3 command{ 0/1 17/1000 }")
/// ```
extension ChoiceSequence: CustomStringConvertible {
  /// How many choices, and how many spans, a text may hold.
  public static let textLimit = 1 << 20

  /// What is wrong with a text, and at which of its bytes.
  ///
  /// ```swift
  /// do { _ = try ChoiceSequence(parsing: "4/3") } catch {
  ///   assert(error.description == "at byte 3: the value 4 is above its maximum 3")
  /// }
  /// ```
  public struct ParseError: Error, Equatable, CustomStringConvertible {
    /// The place of the mistake, in bytes from the start.
    public let offset: Int
    /// What was expected there.
    public let reason: String

    /// The place, then the reason.
    public var description: String { "at byte \(offset): \(reason)" }
  }

  /// The text form, on one line.
  public var description: String {
    var words: [String] = []
    var next = 0
    var open: [Int] = []
    for index in 0...choices.count {
      while true {
        if next < spans.count, spans[next].start == index, spans[next].parent == open.last ?? -1 {
          words.append("\(spans[next].label){")
          open.append(next)
          next += 1
        } else if let last = open.last, spans[last].end <= index {
          words.append("}")
          open.removeLast()
        } else {
          break
        }
      }
      if index < choices.count {
        words.append("\(choices[index].value)/\(choices[index].maximum)")
      }
    }
    return words.joined(separator: " ")
  }

  /// Reads the text form; no text makes it trap.
  ///
  /// ```swift
  /// let sequence = try ChoiceSequence(parsing: "2/3 17/1000")
  /// assert(sequence.values == [2, 17] && sequence.maxima == [3, 1000])
  /// ```
  public init(parsing text: some StringProtocol) throws(ParseError) {
    var reader = ChoiceSequenceReader(bytes: Array(text.utf8))
    self = try reader.sequence()
  }
}

/// Reads the text form byte by byte.
private struct ChoiceSequenceReader {
  let bytes: [UInt8]
  var offset = 0
  var result = ChoiceSequence()
  var innermost = -1

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func sequence() throws(ChoiceSequence.ParseError) -> ChoiceSequence {
    while skipSpace() {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "}") {
        try close()
      } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), !isLabelAhead() {
        try choice()
      } else {
        try open()
      }
    }
    guard innermost < 0 else {
      throw failure("the span \(result.spans[innermost].label) is never closed")
    }
    return result
  }

  private func failure(_ reason: String) -> ChoiceSequence.ParseError {
    ChoiceSequence.ParseError(offset: offset, reason: reason)
  }

  /// - Returns: Whether anything follows.
  private mutating func skipSpace() -> Bool {
    while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
    return offset < bytes.count
  }

  private func isLabelAhead() -> Bool {
    var end = offset
    while end < bytes.count, SpanLabel.isAllowed(bytes[end]) { end += 1 }
    return end < bytes.count && bytes[end] == UInt8(ascii: "{")
  }

  private mutating func choice() throws(ChoiceSequence.ParseError) {
    let value = try number()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "/") else {
      throw failure("after the value \(value), expected / and its maximum")
    }
    offset += 1
    let maximum = try number()
    guard value <= maximum else {
      throw failure("the value \(value) is above its maximum \(maximum)")
    }
    guard result.count < ChoiceSequence.textLimit else {
      throw failure("more than \(ChoiceSequence.textLimit) choices")
    }
    result.choices.append(Choice(value, upTo: maximum))
  }

  private mutating func number() throws(ChoiceSequence.ParseError) -> UInt64 {
    var value: UInt64 = 0
    let start = offset
    while offset < bytes.count, bytes[offset] >= 0x30, bytes[offset] <= 0x39 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[offset] - 0x30))
      guard !overflow, !carry else { throw failure("a number does not fit in 64 bits") }
      value = sum
      offset += 1
    }
    guard offset > start else { throw failure("expected a number") }
    return value
  }

  private mutating func open() throws(ChoiceSequence.ParseError) {
    var end = offset
    while end < bytes.count, SpanLabel.isAllowed(bytes[end]) { end += 1 }
    guard end > offset else {
      throw failure("expected value/maximum, label{ or }")
    }
    guard let label = SpanLabel(String(decoding: bytes[offset..<end], as: UTF8.self)) else {
      throw failure("a span label has at most \(SpanLabel.capacity) characters")
    }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "{") else {
      throw failure("after the label \(label), expected {")
    }
    guard result.spans.count < ChoiceSequence.textLimit else {
      throw failure("more than \(ChoiceSequence.textLimit) spans")
    }
    offset = end + 1
    result.spans.append(
      ChoiceSequence.Span(
        label: label, start: result.count, end: result.count, parent: innermost))
    innermost = result.spans.count - 1
  }

  private mutating func close() throws(ChoiceSequence.ParseError) {
    guard innermost >= 0 else { throw failure("} without a span to close") }
    result.spans[innermost].end = result.count
    innermost = result.spans[innermost].parent
    offset += 1
  }
}
