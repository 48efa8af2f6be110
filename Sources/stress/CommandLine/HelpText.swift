/// The help, generated from the tables that the parser reads.
enum HelpText {
  /// Help on one command, or on all of them.
  static func about(_ command: CommandSyntax?, _ vocabulary: Vocabulary) -> String {
    if let command { return about(command, vocabulary) }
    let usage = """
      usage: stress [run] [OPTION…]
             stress COMMAND [OPTION…]

      Stress tests an IOVA allocator, and prints the smallest program that breaks a law.
      """
    let commands = CommandSyntax.all.map { [usageLine(of: $0), $0.summary] }
    let statuses = ExitStatus.allCases.map { ["\($0.rawValue)", $0.summary] }
    return [
      usage,
      section("commands", commands),
      section("options of run", optionRows(of: .run)),
      section("everywhere", everywhere),
      section("exit status", statuses),
      environmentNote,
    ].joined(separator: "\n\n")
  }

  private static func about(_ command: CommandSyntax, _ vocabulary: Vocabulary) -> String {
    let options = command.options.isEmpty ? "" : " [OPTION…]"
    var parts = ["usage: stress \(usageLine(of: command))\(options)\n\n\(command.summary)"]
    parts.append(section("options", optionRows(of: command) + everywhere))
    let names = nameRows(of: command, vocabulary)
    if !names.isEmpty { parts.append(section("names", names)) }
    if let details = command.details { parts.append(section(details.title, details.rows)) }
    if !command.options.isEmpty { parts.append(environmentNote) }
    return parts.joined(separator: "\n\n")
  }

  private static let everywhere = [
    ["--help", "Prints help, on one command if it comes first"],
    ["--version", "Prints the version"],
  ]

  private static let environmentNote = """
    Every option is also read from the environment: STRESS_THREADS=8 is --threads 8, STRESS_QUIET=1
    is --quiet. What is typed wins. Values follow their option as --name value or --name=value.
    """

  private static func usageLine(of command: CommandSyntax) -> String {
    let name = command.name == CommandSyntax.run.name ? "[run]" : command.name
    return [name, command.operandUsage].compactMap(\.self).joined(separator: " ")
  }

  private static func optionRows(of command: CommandSyntax) -> [[String]] {
    command.options.map { [$0.usage, $0.summary] }
  }

  private static func nameRows(of command: CommandSyntax, _ vocabulary: Vocabulary) -> [[String]] {
    var rows = command.options.compactMap { option in
      option.known.map { [option.flag, list($0(vocabulary), vocabulary)] }
    }
    if let known = command.knownOperands, let usage = command.operandUsage {
      rows.append([usage, list(known(vocabulary), vocabulary)])
    }
    return rows
  }

  /// The names, except those that a command of their own lists.
  private static func list(_ names: [String], _ vocabulary: Vocabulary) -> String {
    if names == vocabulary.faults { return "'stress faults' lists them" }
    if names == vocabulary.laws { return "by name or number; 'stress laws' lists them" }
    let ends = vocabulary.faults.map { "-\($0)" }
    var listed: [String] = []
    for name in names {
      let end = ends.first { name.hasSuffix($0) }
      let text = end.map { name.dropLast($0.count) + "-NAME of a fault" } ?? name
      if !listed.contains(text) { listed.append(text) }
    }
    return listed.joined(separator: ", ")
  }

  private static func section(_ title: String, _ rows: [[String]]) -> String {
    let table = Table(columns: [.text(), .text()], rows: rows, indent: 2)
    return "\(title):\n\(table.text)"
  }
}
