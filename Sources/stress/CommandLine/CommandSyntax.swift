/// One command: its name, what it takes, and how its words become an `Invocation`.
///
/// The type of its options is hidden in `parse`, so that all commands fit in one table.
struct CommandSyntax {
  /// One option, as the help and the suggestions for misspelt options need it.
  struct OptionEntry {
    let flag: String
    let usage: String
    let summary: String
    let known: ((Vocabulary) -> [String])?
  }

  let name: String
  let summary: String
  let options: [OptionEntry]
  /// The operands as printed by the help; `nil` if the command takes none.
  let operandUsage: String?
  let knownOperands: ((Vocabulary) -> [String])?
  /// What else the help on this command lists.
  let details: (title: String, rows: [[String]])?
  let parse: ([String], [String: String], Vocabulary) throws(UsageError) -> Invocation

  init<Target>(
    _ name: String, _ summary: String, into start: Target,
    operands: OperandSyntax<Target>? = nil, options table: [OptionSyntax<Target>] = [],
    details: (title: String, rows: [[String]])? = nil,
    invocation: @escaping (Target) -> Invocation
  ) {
    self.name = name
    self.summary = summary
    self.options = table.map { option in
      let value = option.placeholder.map { " \($0)" } ?? ""
      return OptionEntry(
        flag: option.flag, usage: option.flag + value, summary: option.summary,
        known: option.known)
    }
    self.operandUsage = operands?.usage
    self.knownOperands = operands?.known
    self.details = details
    self.parse = { (words, environment, vocabulary) throws(UsageError) in
      var parser = CommandParser(
        command: name, operands: operands, table: table, vocabulary: vocabulary, target: start)
      try parser.read(words)
      try parser.read(environment)
      return invocation(parser.target)
    }
  }
}

extension CommandSyntax {
  /// The command that is meant if the first word is not a command.
  static var run: Self {
    Self(
      "run", "Runs generated programs on threads and checks the laws.", into: RunOptions(),
      options: RunOptions.table
    ) { .run($0.withAnEnd()) }
  }

  /// All commands, in the order in which the help lists them.
  static var all: [Self] {
    [
      run,
      Self(
        "trace", "Answers recorded traces and prints each difference.", into: TraceOptions(),
        operands: TraceOptions.operands, options: TraceOptions.table, invocation: Invocation.trace),
      Self(
        "replay", "Runs a saved case again.", into: ReplayOptions(),
        operands: ReplayOptions.operands, options: ReplayOptions.table,
        invocation: Invocation.replay),
      Self(
        "prove", "Runs every program up to a size under every interleaving.",
        into: ProveOptions(), options: ProveOptions.table, invocation: Invocation.prove),
      list("laws", "Lists the laws that are checked, or describes some.", .laws, .law),
      Self(
        "faults", "Lists the faults that can be switched on, describes some, or hunts them.",
        into: FaultOptions(), operands: FaultOptions.operands, options: FaultOptions.table,
        invocation: Invocation.faults),
      list("workloads", "Lists the workloads, or some.", .workloads, .workload),
      Self(
        "bench", "Measures; without names, the allocator's workloads W1 to W5.",
        into: BenchOptions(), operands: BenchOptions.operands, options: BenchOptions.table,
        invocation: Invocation.bench),
      Self(
        "claims", "Counts anew the costs that were claimed; without names, every claim.",
        into: ClaimsOptions(), operands: ClaimsOptions.operands, options: ClaimsOptions.table,
        details: ClaimsOptions.details, invocation: Invocation.claims),
    ]
  }

  private static func list(
    _ name: String, _ summary: String, _ subject: ListOptions.Subject,
    _ value: ValueSyntax<String>
  ) -> Self {
    Self(
      name, summary, into: ListOptions(subject: subject), operands: ListOptions.operands(value),
      invocation: Invocation.list)
  }
}
