/// A failing interleaving kept as text: the calls of each thread, and who took which turn.
///
/// ```text
/// stress interleaving, version 1
/// name: a counter
/// law: the calls have an order
/// evidence: no order of the calls explains increment() → 1, increment() → 1
/// thread 1: increment()
/// thread 2: increment()
/// turns:
/// thread 1 until 1 "increment()" stores count
/// thread 2 to its end
/// thread 1 to its end
/// ```
///
/// The choices that an input is drawn from stand behind it, after `from`.
package struct CallCaseFile {
  var name: String
  var law: String
  var evidence: String
  var program: CallProgram
  var script: Script

  private static let heading = "stress interleaving, version 1"
  private static let mostThreads = 32
  private var operations: [String]
  private var texts: [[String]]

  /// - Parameter texts: what the calls are printed as: of the initial part, then of each thread.
  init(
    name: String, law: String, evidence: String, program: CallProgram, script: Script,
    operations: [String], texts: [[String]]
  ) {
    self.name = name
    self.law = law
    self.evidence = evidence
    self.program = program
    self.script = script
    self.operations = operations
    self.texts = texts
  }

  // MARK: Writing

  /// The text of the file.
  var text: String {
    var lines = [Self.heading, "name: \(Self.oneLine(name))", "law: \(Self.oneLine(law))"]
    lines.append("evidence: \(Self.oneLine(evidence))")
    if !program.setting.isEmpty { lines.append("setting from \(Self.list(program.setting))") }
    lines.append("threads: \(program.lanes.count)")
    for (call, text) in zip(program.initial, texts.first ?? []) {
      lines.append("first: \(Self.line(call, text))")
    }
    func thread(_ actor: Int) -> String { StageNames.actor(actor, of: program.lanes.count) }
    for (lane, calls) in program.lanes.enumerated() {
      for (call, text) in zip(calls, texts[lane + 1]) {
        lines.append("\(thread(lane)): \(Self.line(call, text))")
      }
    }
    lines.append("turns:")
    lines += script.turns.map { $0.line(thread) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ call: DrawnCall, _ text: String) -> String {
    let text = oneLine(text)
    return call.choices.isEmpty ? text : "\(text) from \(list(call.choices))"
  }

  private static func list(_ choices: [UInt64]) -> String {
    choices.map { "\($0)" }.joined(separator: " ")
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }

  // MARK: Reading

  /// The name that a text says first; nil if none.
  static func name(in text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix("name: ") }.map { String($0.dropFirst(6)) }
  }

  /// What is wrong with a file, and in which line.
  package struct ParseError: Error, CustomStringConvertible {
    let line: Int
    let reason: String

    package var description: String { "line \(line): \(reason)" }
  }

  /// Reads a file. Nothing a text may contain makes it trap.
  ///
  /// - Parameter operations: the names of those that there are.
  package init(parsing text: String, _ operations: [String]) throws(ParseError) {
    self.operations = operations
    texts = []
    (name, law, evidence) = ("", "", "")
    program = CallProgram()
    script = Script()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first.map(String.init) == Self.heading else {
      throw ParseError(line: 1, reason: "expected \(Self.heading)")
    }
    var isTurns = false
    for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty && line.first != "#" {
      guard isTurns ? readTurn(line) : read(line) else {
        throw ParseError(line: index + 1, reason: "can't be read: \(line.prefix(60))")
      }
      if line == "turns:" { isTurns = true }
    }
    guard !name.isEmpty else { throw ParseError(line: lines.count, reason: "no line of name") }
    guard !program.lanes.isEmpty else {
      throw ParseError(line: lines.count, reason: "no line of threads")
    }
  }

  private mutating func read(_ line: Substring) -> Bool {
    if line == "turns:" { return true }
    if line.hasPrefix("setting from ") {
      guard let choices = Self.choices(line.dropFirst("setting from ".count)) else { return false }
      program.setting = choices
      return true
    }
    guard let colon = line.firstRange(of: ": ") else { return false }
    let rest = line[colon.upperBound...]
    switch line[..<colon.lowerBound] {
    case "name": name = String(rest)
    case "law": law = String(rest)
    case "evidence": evidence = String(rest)
    case "threads":
      guard let count = Int(rest), count >= 1, count <= Self.mostThreads else { return false }
      program.lanes = Array(repeating: [], count: count)
    case "first":
      guard let call = call(rest) else { return false }
      program.initial.append(call)
    case let key:
      let count = program.lanes.count
      guard let lane = StageNames.actor(named: key, of: count), lane < count,
        let call = call(rest)
      else { return false }
      program.lanes[lane].append(call)
    }
    return true
  }

  private mutating func readTurn(_ line: Substring) -> Bool {
    let count = program.lanes.count
    guard
      let turn = Script.Turn(
        line, actor: { StageNames.actor(named: $0, of: count) }, isPoint: { !$0.isEmpty })
    else { return false }
    script.turns.append(turn)
    return true
  }

  private func call(_ text: Substring) -> DrawnCall? {
    let parts = text.ranges(of: " from ").last
    let words = parts.map { text[..<$0.lowerBound] } ?? text
    let choices = parts.map { Self.choices(text[$0.upperBound...]) } ?? []
    let name = words.prefix { $0 != "(" }
    guard let choices, let operation = operations.firstIndex(where: { $0 == name }) else {
      return nil
    }
    return DrawnCall(operation: operation, choices: choices)
  }

  private static func choices(_ text: Substring) -> [UInt64]? {
    let numbers = text.split(separator: " ").map { UInt64($0) }
    return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
  }
}

/// A kept interleaving, run again: under its schedule as it is written, more loosely, and in the
/// end in other orders of the same calls.
struct CallReplay {
  /// How the failure came back, as a report says.
  let verdict: String
  /// The failure; nil if it is gone.
  let failure: CallCase?

  init(
    _ file: CallCaseFile, on run: StageRun, searching limit: Int
  ) {
    for fit in ScriptFit.allCases {
      guard let found = run.failure(file.program, .script(file.script, fit)) else { continue }
      let isExact = run.conductor.reader.isExact && fit == .asWritten
      self.init(isExact ? "replay, exact" : "replay, adapted", found)
      return
    }
    var found: CallCase?
    run.explore(file.program, Portfolio(exhaustiveLimit: 2_000), limit: limit) {
      found = $0
      return false
    } counting: { _ in
    }
    self.init(found == nil ? "gone" : "search of a kept case", found)
  }

  private init(_ verdict: String, _ failure: CallCase?) {
    self.verdict = verdict
    self.failure = failure
  }
}
