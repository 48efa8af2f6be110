/// What a command takes besides options: files or names, and how many of them.
struct OperandSyntax<Target> {
  let placeholder: String
  let counts: ClosedRange<Int>
  /// The names that may be given, for operands that are names.
  let known: ((Vocabulary) -> [String])?
  /// Reads one operand's text into the target.
  let store: (String, Vocabulary, inout Target) throws(UsageError) -> Void

  /// Any number of operands, but at least `least`.
  static func list(
    of value: ValueSyntax<String>, atLeast least: Int, _ path: WritableKeyPath<Target, [String]>
  ) -> Self {
    Self(
      placeholder: value.placeholder, counts: least...Int.max, known: value.known
    ) { (text, vocabulary, target) throws(UsageError) in
      target[keyPath: path].append(try value.read(text, vocabulary))
    }
  }

  /// Exactly one operand.
  static func one(
    _ value: ValueSyntax<String>, _ path: WritableKeyPath<Target, String>
  ) -> Self {
    Self(
      placeholder: value.placeholder, counts: 1...1, known: value.known
    ) { (text, vocabulary, target) throws(UsageError) in
      target[keyPath: path] = try value.read(text, vocabulary)
    }
  }

  /// The operands as printed by the help: `FILE`, `FILE…` or `[NAME…]`.
  var usage: String {
    let several = counts.upperBound > 1 ? "\(placeholder)…" : placeholder
    return counts.lowerBound == 0 ? "[\(several)]" : several
  }
}
