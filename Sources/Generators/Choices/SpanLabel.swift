/// The name of a group of choices: up to sixteen letters, digits, `-` or `_`, held in two words.
///
/// Packed rather than a `String`, so that opening a span neither allocates nor counts references.
///
/// ```swift
/// source.openSpan("command")
/// let kind = source.choose(below: 4)
/// source.closeSpan()
/// ```
public struct SpanLabel: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The most characters of a label.
  public static let capacity = 16

  @usableFromInline let head: UInt64
  @usableFromInline let tail: UInt64

  /// A label written in code; a literal that is no label ends the process.
  ///
  /// ```swift
  /// let label: SpanLabel = "command"
  /// assert(label.description == "command")
  /// ```
  @inlinable
  public init(stringLiteral literal: StaticString) {
    self = literal.withUTF8Buffer { bytes in
      guard let label = SpanLabel(utf8: bytes) else {
        preconditionFailure("a span label is 1 to 16 letters, digits, - or _")
      }
      return label
    }
  }

  /// The label with a given text, if it is valid.
  ///
  /// ```swift
  /// let (word, words) = ("command", "two words")
  /// assert(SpanLabel(word) == "command" && SpanLabel(words) == nil)
  /// ```
  ///
  /// - Returns: `nil` unless `text` has 1 to 16 characters, each a letter, a digit, `-` or `_`.
  public init?(_ text: some StringProtocol) {
    var copy = String(text)
    let label = copy.withUTF8 { SpanLabel(utf8: $0) }
    guard let label else { return nil }
    self = label
  }

  @inlinable
  init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
    guard bytes.count >= 1, bytes.count <= Self.capacity else { return nil }
    var head: UInt64 = 0
    var tail: UInt64 = 0
    for index in 0..<bytes.count {
      let byte = bytes[index]
      guard Self.isAllowed(byte) else { return nil }
      if index < 8 {
        head |= UInt64(byte) &<< UInt64(8 &* index)
      } else {
        tail |= UInt64(byte) &<< UInt64(8 &* (index &- 8))
      }
    }
    self.head = head
    self.tail = tail
  }

  @inlinable
  static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// The characters of the label.
  public var description: String {
    var bytes: [UInt8] = []
    for word in [head, tail] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        let byte = UInt8(truncatingIfNeeded: word &>> shift)
        if byte != 0 { bytes.append(byte) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
