import IOVA

/// Reads the lines of a case file one by one; every error names the line.
struct ProgramCaseReader {
  private var lines: ArraySlice<Substring>
  private var number = 0
  /// For each command that was read, the number of its line.
  private var commandLines: [Int] = []

  init(_ text: String) {
    lines = text.lines[...]
  }

  func malformed(_ reason: String) -> ProgramCase.Malformed {
    ProgramCase.Malformed(line: max(number, 1), reason: reason)
  }

  private func malformed(command: Int, _ reason: String) -> ProgramCase.Malformed {
    ProgramCase.Malformed(line: commandLines[command], reason: reason)
  }

  /// The next line that is neither empty nor a comment, without consuming it; nil at the end.
  private mutating func peek() -> Substring? {
    while let line = lines.first {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }.trimmedAtEnd
      if !trimmed.isEmpty, !trimmed.hasPrefix("#") { return trimmed }
      lines.removeFirst()
      number += 1
    }
    return nil
  }

  private mutating func next() throws(ProgramCase.Malformed) -> Substring {
    guard let line = peek() else { throw malformed("the file ends too early") }
    lines.removeFirst()
    number += 1
    return line
  }

  /// Whether the next line is, or begins with, one of these; true at the end of the text.
  mutating func isNext(_ texts: String...) -> Bool {
    guard let line = peek() else { return !texts.contains { $0.hasSuffix(" ") } }
    return texts.contains { $0.hasSuffix(" ") ? line.hasPrefix($0) : line == $0 }
  }

  /// Which of the titles the first line is.
  mutating func version(of titles: [String]) throws(ProgramCase.Malformed) -> Int {
    let line = try next()
    guard let version = titles.firstIndex(of: String(line)) else {
      throw malformed("expected \"\(titles[titles.count - 1])\", found \"\(line)\"")
    }
    return version
  }

  mutating func expectation() throws(ProgramCase.Malformed) -> ProgramCase.Expectation {
    let name = try field("expect")
    guard let expectation = ProgramCase.Expectation(rawValue: name) else {
      throw malformed("what is expected is broken or lawful, not \"\(name)\"")
    }
    return expectation
  }

  /// One turn of a schedule in words.
  mutating func turn(cpus: Int) throws(ProgramCase.Malformed) -> Script.Turn {
    let line = try next()
    guard let turn = Script.Turn(line, cpus: cpus) else {
      throw malformed(
        "expected \"cpuN to its end\" or \"cpuN until NUMBER \"COMMAND\" PLACE\", "
          + "found \"\(line)\"")
    }
    return turn
  }

  mutating func expect(_ text: String) throws(ProgramCase.Malformed) {
    let line = try next()
    guard line == text else { throw malformed("expected \"\(text)\", found \"\(line)\"") }
  }

  /// The rest of the next line, which must be `name: value`.
  mutating func field(_ name: String) throws(ProgramCase.Malformed) -> String {
    let line = try next()
    guard line.hasPrefix(name + ":") else {
      throw malformed("expected \"\(name): …\", found \"\(line)\"")
    }
    return String(line.dropFirst(name.count + 1).drop { $0 == " " })
  }

  mutating func number(
    _ name: String, in range: ClosedRange<UInt64>
  ) throws(ProgramCase.Malformed) -> UInt64 {
    let text = try field(name)
    guard let value = ProgramCaseReader.number(text[...]) else {
      throw malformed("\(name): \"\(text)\" is not a number")
    }
    guard range.contains(value) else {
      throw malformed("\(name): \(value) is outside \(range.lowerBound)...\(range.upperBound)")
    }
    return value
  }

  /// Reads the line of a setting, which is the next one.
  mutating func read(
    _ form: SettingForm, _ settings: inout ProgramSettings
  ) throws(ProgramCase.Malformed) {
    let text = try field(form.name)
    guard form.read(text[...], &settings) else {
      throw malformed("\(form.name): \"\(text)\" is not \(form.expected)")
    }
  }

  /// Reads the choices at the switch points, separated by spaces.
  mutating func choices(_ name: String) throws(ProgramCase.Malformed) -> [UInt64] {
    let words = try field(name).split(separator: " ")
    guard words.count <= ChoiceSource.defaultLimit else { throw malformed("too many choices") }
    var choices: [UInt64] = []
    for word in words {
      guard let choice = ProgramCaseReader.number(word) else {
        throw malformed("\(name): \"\(word)\" is not a number")
      }
      choices.append(choice)
    }
    return choices
  }

  /// The number after a name and a colon, if the next line begins so.
  mutating func option(
    _ name: String, in range: ClosedRange<UInt64>
  ) throws(ProgramCase.Malformed) -> UInt64? {
    guard isNext("\(name): ") else { return nil }
    return try number(name, in: range)
  }

  /// `cpu0: a1 = allocate(4, below: 0xf, aligned) starved`
  mutating func command(
    cpus: Int, after prefix: String = ""
  ) throws(ProgramCase.Malformed) -> Command {
    let line = try next().dropFirst(prefix.count)
    let parts = line.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let cpu = ProgramCaseReader.cpu(parts[0], below: cpus) else {
      throw malformed("expected \"cpuN: command\" with N below \(cpus), found \"\(line)\"")
    }
    var text = parts[1].drop { $0 == " " }
    let isStarved = text.hasSuffix(" starved")
    if isStarved { text = text.dropLast(" starved".count) }
    guard let action = CommandForm.read(text, cpus: cpus) else {
      throw malformed("\"\(text)\" is no command")
    }
    commandLines.append(number)
    return Command(action, on: cpu, isStarved: isStarved)
  }

  /// The handles that no command defines, if the next line names any.
  mutating func unmadeHandles() throws(ProgramCase.Malformed) -> Set<Handle> {
    guard isNext("unmade: ") else { return [] }
    let words = Substring(try field("unmade")).components(separatedBy: ", ")
    let handles = words.compactMap { Handle($0) }
    guard handles.count == words.count else {
      throw malformed("unmade: expected handles separated by commas")
    }
    return Set(handles)
  }

  /// Checks that each handle is defined once, and used as what it is.
  ///
  /// - Parameter unmade: handles known to have no meaning, since the commands that defined them
  ///   were cut off.
  func checkHandles(
    _ program: Program, except unmade: Set<Handle>
  ) throws(ProgramCase.Malformed) {
    var named = unmade
    for (index, command) in program.commands.enumerated() {
      for handle in command.results where !named.insert(handle).inserted {
        throw malformed(command: index, "\(handle) is defined twice")
      }
    }
    for (index, command) in program.commands.enumerated() {
      if let handle = command.handles.first(where: { !named.contains($0) }) {
        throw malformed(command: index, "no command defines \(handle)")
      }
    }
    if let (index, handle) = program.misusedMapping {
      throw malformed(
        command: index, "\(handle) is mapped but used otherwise, or there is no such device")
    }
  }

  static func cpu(_ text: Substring, below cpus: Int) -> CPU? {
    guard text.hasPrefix("cpu"), let index = number(text.dropFirst(3)), index < cpus else {
      return nil
    }
    return CPU(Int(index))
  }

  static func number(_ text: Substring) -> UInt64? {
    let isHex = text.hasPrefix("0x")
    let digits = isHex ? text.dropFirst(2) : text
    guard let first = digits.first, first.isHexDigit else { return nil }
    return UInt64(digits, radix: isHex ? 16 : 10)
  }
}

extension String {
  /// The lines, including those that end in a carriage return and a line feed, which is one
  /// character.
  var lines: [Substring] {
    split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
  }
}

extension Substring {
  /// The text without trailing spaces and carriage returns.
  var trimmedAtEnd: Substring {
    var text = self
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
    return text
  }

  /// The parts between occurrences of a separator.
  func components(separatedBy separator: String) -> [Substring] {
    var parts: [Substring] = []
    var rest = self
    while let found = rest.firstRange(of: separator) {
      parts.append(rest[..<found.lowerBound])
      rest = rest[found.upperBound...]
    }
    parts.append(rest)
    return parts
  }
}
