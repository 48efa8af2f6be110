/// A failing case kept as text: which property, how it failed, and the choices that lead there.
///
/// ```text
/// # list = [0, 0]
/// # expectation failed at Lists/ListTests.swift:12
/// property sorting keeps every element
/// choices draw{ list{ item{ 1/1 0/10 } item{ 1/1 0/10 } item{ 0/1 } } }
/// ```
///
/// ```swift
/// let file = CaseFile(property: "lists are short", choices: ChoiceSequence(values: [9]))
/// let copy = try CaseFile(parsing: file.text)
/// assert(copy == file)
/// ```
public struct CaseFile: Sendable, Equatable {
  /// The name of the property that fails.
  public var property: String
  /// The choices of the failing case.
  public var choices: ChoiceSequence
  /// Comments for human readers, one per line.
  public var comments: [String]

  /// A file of these parts.
  ///
  /// ```swift
  /// let file = CaseFile(property: "all is small", choices: failing, comments: ["number = 900"])
  /// assert(file.text.hasPrefix("# number = 900\nproperty all is small\nchoices "))
  /// ```
  public init(property: String, choices: ChoiceSequence, comments: [String] = []) {
    self.property = property
    self.choices = choices
    self.comments = comments
  }

  /// What is wrong with a case file, and in which line.
  ///
  /// ```swift
  /// do { _ = try CaseFile(parsing: "# a comment\nseed 1") } catch {
  ///   assert("\(error)" == "line 2: expected property, choices or # and a comment")
  /// }
  /// ```
  public struct ParseError: Error, Equatable, CustomStringConvertible {
    /// The line of the mistake, from 1.
    public let line: Int
    /// What was expected there.
    public let reason: String

    /// The line, then the reason.
    public var description: String { "line \(line): \(reason)" }
  }

  /// Reads a case file.
  ///
  /// ```swift
  /// let file = try CaseFile(parsing: "property numbers are small\nchoices draw{ 700/1000 }")
  /// assert(file.choices.values == [700])
  /// ```
  ///
  /// No text makes it trap.
  public init(parsing text: some StringProtocol) throws(ParseError) {
    var property: String?
    var choices: ChoiceSequence?
    var comments: [String] = []
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let words = line.split(separator: " ", maxSplits: 1)
      guard let key = words.first else { continue }
      let rest = words.count > 1 ? words[1] : ""
      if key.hasPrefix("#") {
        comments.append(String(line.drop { $0 == "#" || $0 == " " }))
      } else if key == "property", property == nil {
        property = String(rest)
      } else if key == "choices", choices == nil {
        do {
          choices = try ChoiceSequence(parsing: rest)
        } catch {
          throw ParseError(line: number, reason: error.description)
        }
      } else if key == "property" || key == "choices" {
        throw ParseError(line: number, reason: "a second line of \(key)")
      } else {
        throw ParseError(line: number, reason: "expected property, choices or # and a comment")
      }
    }
    guard let property, !property.isEmpty else {
      throw ParseError(line: number, reason: "no line of property")
    }
    guard let choices else { throw ParseError(line: number, reason: "no line of choices") }
    self.init(property: property, choices: choices, comments: comments)
  }

  /// The text of the file.
  public var text: String {
    let lines = comments.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    return lines.map { "# \($0)\n" }.joined()
      + "property \(Self.oneLine(property))\nchoices \(choices)\n"
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }
}
