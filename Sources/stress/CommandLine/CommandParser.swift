/// Reads the words after a command, then the environment, into the command's options.
struct CommandParser<Target> {
  let command: String
  let operands: OperandSyntax<Target>?
  let table: [OptionSyntax<Target>]
  let vocabulary: Vocabulary
  private(set) var target: Target
  /// Names of the options that were typed, which the environment then does not change.
  private var typed: Set<String> = []
  private var operandCount = 0

  init(
    command: String, operands: OperandSyntax<Target>?, table: [OptionSyntax<Target>],
    vocabulary: Vocabulary, target: Target
  ) {
    self.command = command
    self.operands = operands
    self.table = table
    self.vocabulary = vocabulary
    self.target = target
  }

  /// Reads options and operands in any order; after `--` only operands.
  mutating func read(_ words: [String]) throws(UsageError) {
    var rest = words[...]
    var optionsEnded = false
    while let word = rest.popFirst() {
      if word == "--" && !optionsEnded {
        optionsEnded = true
      } else if word.hasPrefix("-") && word != "-" && !optionsEnded {
        try readOption(word, &rest)
      } else {
        try readOperand(word)
      }
    }
    if let operands, operandCount < operands.counts.lowerBound {
      throw UsageError("'\(command)' needs a \(operands.placeholder)")
    }
  }

  /// Reads the variable of each option that was not typed. An empty variable counts as unset.
  mutating func read(_ environment: [String: String]) throws(UsageError) {
    for option in table where !typed.contains(option.name) {
      guard let text = environment[option.variable], !text.isEmpty else { continue }
      try store(text, into: option, from: option.variable)
    }
  }

  private mutating func readOption(
    _ word: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let flag = String(parts[0])
    guard let option = table.first(where: { $0.flag == flag }) else { throw unknown(flag) }
    guard typed.insert(option.name).inserted || option.repeats else {
      throw UsageError("\(flag) is given twice")
    }
    guard let placeholder = option.placeholder else {
      guard parts.count == 1 else { throw UsageError("\(flag) takes no value") }
      return try store("on", into: option, from: flag)
    }
    var text = parts.count == 2 ? String(parts[1]) : ""
    // A word with two dashes is the next option, not a value; `--json=--odd` still gets through.
    if parts.count == 1, let next = rest.first, !next.hasPrefix("--") {
      text = next
      rest.removeFirst()
    }
    guard !text.isEmpty else { throw UsageError("\(flag) needs a value: \(placeholder)") }
    try store(text, into: option, from: flag)
  }

  private mutating func readOperand(_ word: String) throws(UsageError) {
    guard let operands else { throw UsageError("unexpected word \(word.quoted)") }
    guard operandCount < operands.counts.upperBound else {
      throw UsageError("'\(command)' takes only one \(operands.placeholder), not \(word.quoted)")
    }
    guard !word.isEmpty else { throw UsageError("\(operands.placeholder) is empty") }
    operandCount += 1
    try operands.store(word, vocabulary, &target)
  }

  private mutating func store(
    _ text: String, into option: OptionSyntax<Target>, from source: String
  ) throws(UsageError) {
    do throws(UsageError) {
      try option.store(text, vocabulary, &target)
    } catch {
      throw error.found(in: source)
    }
  }

  /// Distinguishes an option of another command from one that no command has.
  private func unknown(_ flag: String) -> UsageError {
    let owner = CommandSyntax.all.first { $0.options.contains { $0.flag == flag } }
    if let owner { return UsageError("'\(command)' has no option \(flag); '\(owner.name)' has") }
    let known = table.map(\.flag) + ["--help", "--version"]
    return .unknown("option", flag, among: known)
  }
}
