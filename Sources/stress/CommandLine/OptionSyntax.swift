/// One option of a command: one row of the table from which words are parsed and help is printed.
struct OptionSyntax<Target> {
  /// The name without dashes, such as `threads`.
  let name: String
  /// What the help prints for the value; `nil` for a switch, which takes none.
  let placeholder: String?
  let summary: String
  /// Whether the option may be given more than once.
  let repeats: Bool
  /// The names that may be given, for options that take names.
  let known: ((Vocabulary) -> [String])?
  /// Reads the value's text into the target. A switch gets `on` or `off`.
  let store: (String, Vocabulary, inout Target) throws(UsageError) -> Void

  /// The option as typed.
  var flag: String { "--\(name)" }

  /// The variable that is read when the option is not typed: `STRESS_FAIL_EACH` for `fail-each`.
  var variable: String {
    "STRESS_" + name.uppercased().split(separator: "-").joined(separator: "_")
  }
}

extension OptionSyntax {
  /// An option with a value, whose target has a default.
  init<Value>(
    _ name: String, _ value: ValueSyntax<Value>, _ path: WritableKeyPath<Target, Value>,
    _ summary: String
  ) {
    self.init(
      name: name, placeholder: value.placeholder, summary: summary, repeats: false,
      known: value.known
    ) { (text, vocabulary, target) throws(UsageError) in
      target[keyPath: path] = try value.read(text, vocabulary)
    }
  }

  /// An option with a value, whose target is `nil` unless it is given.
  init<Value>(
    _ name: String, _ value: ValueSyntax<Value>, _ path: WritableKeyPath<Target, Value?>,
    _ summary: String
  ) {
    self.init(
      name: name, placeholder: value.placeholder, summary: summary, repeats: false,
      known: value.known
    ) { (text, vocabulary, target) throws(UsageError) in
      target[keyPath: path] = try value.read(text, vocabulary)
    }
  }

  /// An option that may be repeated, or given several values with commas between them.
  ///
  /// A value that is given twice counts once.
  init<Value: Equatable>(
    _ name: String, listOf value: ValueSyntax<Value>, _ path: WritableKeyPath<Target, [Value]>,
    _ summary: String
  ) {
    self.init(
      name: name, placeholder: value.placeholder, summary: summary, repeats: true,
      known: value.known
    ) { (text, vocabulary, target) throws(UsageError) in
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let element = try value.read(String(part), vocabulary)
        if !target[keyPath: path].contains(element) { target[keyPath: path].append(element) }
      }
    }
  }

  /// An option without a value.
  init(_ name: String, switch path: WritableKeyPath<Target, Bool>, _ summary: String) {
    self.init(name: name, placeholder: nil, summary: summary, repeats: false, known: nil) {
      (text, _, target) throws(UsageError) in
      switch text {
      case "on", "1", "true", "yes": target[keyPath: path] = true
      case "off", "0", "false", "no": target[keyPath: path] = false
      default: throw UsageError("\(text.quoted) is neither 1 nor 0")
      }
    }
  }
}
