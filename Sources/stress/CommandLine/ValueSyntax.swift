/// How the text of one value is read: its name in the help, and the function that reads it.
struct ValueSyntax<Value> {
  /// What the help prints for the value, such as `N` or `FILE`.
  let placeholder: String
  /// The names that may be given, for values that are names.
  let known: ((Vocabulary) -> [String])?
  /// Reads the text; the error does not name the option, which only the caller knows.
  let read: (String, Vocabulary) throws(UsageError) -> Value

  init(
    _ placeholder: String,
    known: ((Vocabulary) -> [String])? = nil,
    read: @escaping (String, Vocabulary) throws(UsageError) -> Value
  ) {
    self.placeholder = placeholder
    self.known = known
    self.read = read
  }
}

extension ValueSyntax where Value == Int {
  /// A decimal number in `range`.
  static func number(_ range: ClosedRange<Int>) -> Self {
    Self("N") { (text, _) throws(UsageError) in
      let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw UsageError("\(text.quoted) is not a whole number")
      }
      // Digits that do not fit an Int are out of range, not "not a number".
      guard let number = Int(text), range.contains(number) else {
        throw UsageError("\(text) is outside \(range.lowerBound)...\(range.upperBound)")
      }
      return number
    }
  }
}

extension ValueSyntax where Value == UInt64 {
  /// 64 bits, decimal or hexadecimal.
  static var seed: Self {
    Self("S") { (text, _) throws(UsageError) in
      let isHex = text.hasPrefix("0x") || text.hasPrefix("0X")
      let digits = isHex ? text.dropFirst(2) : text[...]
      // Swift's own parser accepts a sign, which a seed does not have.
      let isPlain = digits.allSatisfy { isHex ? $0.isHexDigit : ("0"..."9").contains($0) }
      guard !digits.isEmpty, isPlain, digits.utf8.count == digits.count else {
        throw UsageError("\(text.quoted) is not a seed; write 42 or 0x2a")
      }
      guard let seed = UInt64(digits, radix: isHex ? 16 : 10) else {
        throw UsageError("\(text) is outside 0...0xffffffffffffffff")
      }
      return seed
    }
  }
}

extension ValueSyntax where Value == Duration {
  /// A number and a unit; see `Duration.parse`.
  static func duration(_ range: ClosedRange<Duration>) -> Self {
    Self("TIME") { (text, _) throws(UsageError) in
      guard let duration = Duration.parse(text) else {
        throw UsageError("\(text.quoted) is not a duration; write 500ms, 30s, 10m or 8h")
      }
      guard range.contains(duration) else {
        throw UsageError("\(text) is outside \(range.lowerBound.text)...\(range.upperBound.text)")
      }
      return duration
    }
  }
}

extension ValueSyntax where Value == String {
  /// A path, which is not checked here.
  static func path(_ placeholder: String) -> Self {
    Self(placeholder) { (text, _) in text }
  }

  static var workload: Self { name(of: "workload", \.workloads) }
  static var revision: Self { name(of: "revision", \.revisions) }
  static var fault: Self { name(of: "fault", \.faults) }
  static var law: Self { name(of: "law", \.laws) }
  static var policy: Self { name(of: "policy", \.policies) }
  static var bench: Self { name(of: "bench", \.benches) }
  static var claim: Self { name(of: "claim", \.claims) }

  private static func name(of kind: String, _ known: KeyPath<Vocabulary, [String]>) -> Self {
    let names: (Vocabulary) -> [String] = { $0[keyPath: known] }
    return Self("NAME", known: names) { (text, vocabulary) throws(UsageError) in
      guard names(vocabulary).contains(text) else {
        throw .unknown(kind, text, among: names(vocabulary))
      }
      return text
    }
  }
}
