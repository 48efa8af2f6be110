import IOVA

/// The words of one trace line, read one after the other; every error names the line.
struct TraceFields {
  let verb: Substring
  private let line: Int
  private var words: ArraySlice<Substring>

  init(_ words: [Substring], line: Int) {
    verb = words[0]
    self.words = words.dropFirst()
    self.line = line
  }

  func malformed(_ reason: String) -> Trace.Malformed { .init(line: line, reason: reason) }

  func has(_ key: String) -> Bool { words.contains { $0.hasPrefix(key + "=") } }

  /// The next word as a number.
  mutating func next() throws(Trace.Malformed) -> UInt64 {
    guard let word = words.popFirst() else { throw malformed("a number is missing at the end") }
    return try parse(word)
  }

  /// The value of the next word, which must be `key=value`.
  mutating func value(_ key: String) throws(Trace.Malformed) -> Substring {
    guard let word = words.popFirst() else { throw malformed("\(key)= is missing") }
    guard word.hasPrefix(key), word.dropFirst(key.count).hasPrefix("=") else {
      throw malformed("expected \(key)=, found \"\(word)\"")
    }
    return word.dropFirst(key.count + 1)
  }

  mutating func number(_ key: String) throws(Trace.Malformed) -> UInt64 {
    try parse(try value(key))
  }

  mutating func pages() throws(Trace.Malformed) -> UInt64 {
    let pages = try number("pages")
    guard (1...(1 << 40)).contains(pages) else { throw malformed("pages=\(pages) is out of range") }
    return pages
  }

  mutating func limit() throws(Trace.Malformed) -> PFN {
    let limit = try number("limit")
    guard limit < .max else { throw malformed("the limit is out of range") }
    return PFN(limit)
  }

  mutating func cpu(below count: Int) throws(Trace.Malformed) -> CPU {
    let cpu = try number("cpu")
    guard cpu < count else { throw malformed("the domain has no cpu \(cpu)") }
    return CPU(Int(cpu))
  }

  mutating func flag(_ key: String) throws(Trace.Malformed) -> Bool {
    switch try value(key) {
    case "yes": true
    case "no": false
    case let other: throw malformed("\(key)= is yes or no, not \"\(other)\"")
    }
  }

  mutating func node(_ key: String) throws(Trace.Malformed) -> PFN? {
    let text = try value(key)
    return text == "anchor" ? nil : PFN(try parse(text))
  }

  /// `flushQueue=perCPU` or `=single`, with the kernel's sizes; nil if it is absent.
  mutating func flushQueue() throws(Trace.Malformed) -> FlushOptions? {
    guard has("flushQueue") else { return nil }
    switch try value("flushQueue") {
    case "perCPU": return .perCPU
    case "single": return .single
    case let other: throw malformed("flushQueue= is perCPU or single, not \"\(other)\"")
    }
  }

  /// `= PFN`; 0 stands for a failure.
  mutating func answer() throws(Trace.Malformed) -> PFN? {
    try literal("=")
    let pfn = try next()
    return pfn == 0 ? nil : PFN(pfn)
  }

  mutating func word() throws(Trace.Malformed) -> Substring {
    guard let word = words.popFirst() else { throw malformed("a word is missing at the end") }
    return word
  }

  mutating func literal(_ text: String) throws(Trace.Malformed) {
    guard let word = words.popFirst() else { throw malformed("\"\(text)\" is missing at the end") }
    guard word == text else { throw malformed("expected \"\(text)\", found \"\(word)\"") }
  }

  func end() throws(Trace.Malformed) {
    if let word = words.first { throw malformed("unexpected \"\(word)\"") }
  }

  func parse(_ text: Substring) throws(Trace.Malformed) -> UInt64 {
    let isHex = text.hasPrefix("0x")
    let digits = isHex ? text.dropFirst(2) : text
    // The initialiser would also accept a sign.
    guard let first = digits.first, first.isHexDigit,
      let number = UInt64(digits, radix: isHex ? 16 : 10)
    else { throw malformed("\"\(text)\" is not a number") }
    return number
  }
}
