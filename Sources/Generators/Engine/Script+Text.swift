/// The text form, one turn a line, to be read by people and to outlive edits.
///
/// ```text
/// cpu0 until 2 "freeShared(a0)" takes rangeTree
/// cpu1 until 1 "freeFast(a1)" has released depot(class 0), 2nd time
/// worker until 1 "a timer" has a magazine to give back
/// cpu0 to its end
/// ```
extension Script {
  /// How many turns a text may have, and how large its numbers may be.
  public static let textLimit = 1 << 20
}

extension Script.Turn {
  private static let ending = " to its end"

  /// The line of the turn.
  ///
  /// - Parameter name: what actors are called.
  func line(_ name: (Int) -> String) -> String {
    guard let stop = until else { return name(actor) + Self.ending }
    return "\(name(actor)) until \(stop)"
  }

  /// Reads a line; nil if it is no turn.
  ///
  /// - Parameter actor: reads the name of an actor.
  /// - Parameter isPoint: whether a phrase is one of a point.
  init?(_ line: Substring, actor: (Substring) -> Int?, isPoint: (Substring) -> Bool) {
    let name: Substring
    if line.hasSuffix(Self.ending) {
      name = line.dropLast(Self.ending.count)
    } else {
      guard let range = line.firstRange(of: " until "),
        let stop = Script.Stop(line[range.upperBound...], isPoint: isPoint)
      else { return nil }
      name = line[..<range.lowerBound]
      until = stop
    }
    guard let number = actor(name) else { return nil }
    self.actor = number
  }
}

extension Script.Stop: CustomStringConvertible {
  /// `2 "freeShared(a0)" takes rangeTree, 2nd time`
  public var description: String {
    let text = "\(position) \"\(command)\" \(point)"
    return occurrence == 1 ? text : text + ", \(Self.ordinal(occurrence)) time"
  }

  /// Reads the text form; nil if it is none.
  ///
  /// - Parameter isPoint: whether a phrase is one of a point.
  init?(_ text: Substring, isPoint: (Substring) -> Bool) {
    guard let open = text.firstIndex(of: "\""), let close = text.lastIndex(of: "\""),
      open < close, let position = Self.number(text[..<open].dropLast()),
      text[..<open].hasSuffix(" ")
    else { return nil }
    self.position = position
    command = String(text[text.index(after: open)..<close])
    var place = text[text.index(after: close)...]
    guard place.popFirst() == " " else { return nil }
    occurrence = 1
    if place.hasSuffix(" time"), let comma = place.lastIndex(of: ",") {
      let words = place[comma...].split(separator: " ")
      guard words.count == 3, let number = Self.number(words[1].dropLast(2)), number > 1,
        words[1] == Self.ordinal(number)
      else { return nil }
      occurrence = number
      place = place[..<comma]
    }
    guard isPoint(place) else { return nil }
    point = String(place)
  }

  private static func number(_ digits: Substring) -> Int? {
    guard digits.allSatisfy({ $0.isASCII && $0.isWholeNumber }), let number = Int(digits),
      number >= 1, number <= Script.textLimit
    else { return nil }
    return number
  }

  /// `2nd`
  private static func ordinal(_ number: Int) -> String {
    let ending =
      switch (number % 100, number % 10) {
      case (11...13, _): "th"
      case (_, 1): "st"
      case (_, 2): "nd"
      case (_, 3): "rd"
      default: "th"
      }
    return "\(number)\(ending)"
  }
}
