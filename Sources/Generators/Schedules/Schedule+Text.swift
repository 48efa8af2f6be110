/// The text form: turns with commas between them, or `serially` if there are none.
///
/// ```swift
/// let schedule = try Schedule(parsing: "cpu1 12, cpu0 3")
/// assert(schedule.segments[0] == Schedule.Segment(cpu: 1, steps: 12))
/// assert(schedule.description == "cpu1 12, cpu0 3")
/// ```
extension Schedule: CustomStringConvertible {
  /// How many turns a text may have, and how many steps a turn.
  public static let textLimit = 1 << 20

  /// What the text of a schedule without turns is.
  static let serially = "serially"

  /// What is wrong with a text, and in which of its turns.
  public struct ParseError: Error, Equatable, CustomStringConvertible {
    /// The number of the turn, the first being 1.
    public let turn: Int
    /// What was expected there.
    public let reason: String

    /// The turn, then the reason.
    public var description: String { "turn \(turn): \(reason)" }
  }

  /// The text form, on one line.
  public var description: String {
    segments.isEmpty ? Self.serially : segments.map(\.description).joined(separator: ", ")
  }

  /// Reads the text form; nothing a text may contain makes it trap.
  public init(parsing text: some StringProtocol) throws(ParseError) {
    self.init()
    let bytes = Array(text.utf8)
    let words = bytes.split { Self.isSpace($0) }
    if words.isEmpty || words.elementsEqual([Array(Self.serially.utf8)[...]]) { return }
    let turns = bytes.split(
      separator: UInt8(ascii: ","), maxSplits: Self.textLimit, omittingEmptySubsequences: false)
    for (index, turn) in turns.enumerated() {
      guard index < Self.textLimit else {
        throw ParseError(turn: index + 1, reason: "more than \(Self.textLimit) turns")
      }
      append(try Self.segment(turn, number: index + 1))
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    [0x20, 0x09, 0x0A, 0x0D].contains(byte)
  }

  private static func segment(
    _ turn: ArraySlice<UInt8>, number: Int
  ) throws(ParseError) -> Segment {
    let words = turn.split { isSpace($0) }
    let prefix = Array("cpu".utf8)
    guard words.count == 2, words[0].starts(with: prefix) else {
      throw ParseError(turn: number, reason: "expected \"cpuN steps\"")
    }
    guard let cpu = natural(words[0].dropFirst(prefix.count), below: CPUSet.capacity) else {
      throw ParseError(
        turn: number, reason: "the CPU is not a number below \(CPUSet.capacity)")
    }
    guard let steps = natural(words[1], below: textLimit + 1), steps > 0 else {
      throw ParseError(
        turn: number, reason: "the steps are not a number from 1 to \(textLimit)")
    }
    return Segment(cpu: cpu, steps: steps)
  }

  /// Decimal digits and nothing else.
  private static func natural(_ digits: ArraySlice<UInt8>, below bound: Int) -> Int? {
    guard !digits.isEmpty else { return nil }
    var value = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
      guard value < bound else { return nil }
    }
    return value
  }
}

extension Schedule.Segment: CustomStringConvertible {
  /// `cpu1 12`
  public var description: String { "cpu\(cpu) \(steps)" }
}
