/// Parses the words and the environment that the executable was started with.
enum Arguments {
  /// Decides which command is meant and has it read the rest.
  ///
  /// What is typed wins over the environment. A request for help or the version wins over
  /// everything, even mistakes, since whoever asks is stuck.
  /// - Parameter words: Without the name of the executable.
  static func parse(
    _ words: [String], environment: [String: String], vocabulary: Vocabulary
  ) throws(UsageError) -> Invocation {
    var rest = words[...]
    var named: CommandSyntax?
    if let first = rest.first, !first.hasPrefix("-") {
      named = try command(first)
      rest.removeFirst()
    }
    let options = rest.prefix { $0 != "--" }
    if options.contains(where: { $0 == "--help" || $0 == "-h" }) { return .help(named) }
    if options.contains("--version") { return .version }
    return try (named ?? .run).parse(Array(rest), environment, vocabulary)
  }

  private static func command(_ word: String) throws(UsageError) -> CommandSyntax {
    let all = CommandSyntax.all
    guard let command = all.first(where: { $0.name == word }) else {
      throw .unknown("command", word, among: all.map(\.name))
    }
    return command
  }
}
