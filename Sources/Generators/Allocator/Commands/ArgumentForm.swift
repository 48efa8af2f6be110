import IOVA

/// The part of a command that is still to be read.
struct ArgumentReader {
  /// What stands before the equals sign.
  var result: Substring?
  /// What stands between the parentheses, split at commas.
  var words: ArraySlice<Substring>
  /// CPUs of the program.
  let cpus: Int

  var isAtEnd: Bool { result == nil && words.isEmpty }
}

/// What an argument asks for, as numbers: the lower each is, the simpler.
struct ArgumentNumbers<Value: Sendable>: Sendable {
  /// The least that each can be.
  let least: [UInt64]
  /// Those of a value.
  let of: @Sendable (Value) -> [UInt64]
  /// The value that has these; nil if there is none.
  let value: @Sendable ([UInt64]) -> Value?

  init(
    least: [UInt64], _ of: @escaping @Sendable (Value) -> [UInt64],
    value: @escaping @Sendable ([UInt64]) -> Value?
  ) {
    self.least = least
    self.of = of
    self.value = value
  }

  /// Of what is no request.
  static var none: Self { Self(least: [], { _ in [] }, value: { _ in nil }) }

  /// Of what is a number itself.
  static func one(
    from least: Value, _ of: @escaping @Sendable (Value) -> UInt64,
    _ value: @escaping @Sendable (UInt64) -> Value?
  ) -> Self {
    Self(least: [of(least)], { [of($0)] }, value: { value($0[0]) })
  }
}

/// How one argument of a command is written and read.
struct ArgumentForm<Value: Sendable>: Sendable {
  /// The text, with its label; nil if nothing is written, as for a flag that is off.
  let write: @Sendable (Value) -> String?
  /// Reads a value from the front of the rest; nil if the rest does not begin with one.
  let read: @Sendable (inout ArgumentReader) -> Value?
  /// The extreme values that can be written.
  let extremes: [Value]
  /// Whether it stands before the equals sign rather than between the parentheses.
  let isResult: Bool
  /// The numbers that it asks for, if it does.
  let numbers: ArgumentNumbers<Value>

  /// One of the extreme values, each in turn.
  func extreme(_ number: Int) -> Value { extremes[number % extremes.count] }

  init(
    extremes: [Value], isResult: Bool = false, numbers: ArgumentNumbers<Value> = .none,
    write: @escaping @Sendable (Value) -> String?,
    read: @escaping @Sendable (inout ArgumentReader) -> Value?
  ) {
    self.extremes = extremes
    self.isResult = isResult
    self.numbers = numbers
    self.write = write
    self.read = read
  }

  /// An argument that is one word, after its label if it has one.
  private init(
    _ label: String?, extremes: [Value], numbers: ArgumentNumbers<Value> = .none,
    write: @escaping @Sendable (Value) -> String = { "\($0)" },
    read: @escaping @Sendable (Substring, _ cpus: Int) -> Value?
  ) {
    let label = label.map { "\($0): " } ?? ""
    self.init(
      extremes: extremes, numbers: numbers, write: { label + write($0) },
      read: { reader in
        guard let word = reader.words.popFirst(), word.hasPrefix(label) else { return nil }
        return read(word.dropFirst(label.count), reader.cpus)
      })
  }
}

extension ArgumentForm where Value == Handle {
  /// A handle that the command defines.
  static var result: Self {
    Self(
      extremes: handle.extremes, isResult: true, write: { "\($0)" },
      read: { reader in
        defer { reader.result = nil }
        return reader.result.flatMap { Handle($0) }
      })
  }

  /// A handle that the command uses.
  static var handle: Self {
    Self(nil, extremes: [Handle(0), Handle(Handle.most)]) { text, _ in
      Handle(text)
    }
  }
}

extension ArgumentForm where Value: FixedWidthInteger {
  /// A decimal number in a range.
  fileprivate static func number(_ label: String?, _ range: ClosedRange<Value>) -> Self {
    Self(
      label, extremes: [range.lowerBound, range.upperBound],
      numbers: .one(from: range.lowerBound, { UInt64($0) }, { Value(exactly: $0) })
    ) { text, _ in
      guard let number = ProgramCaseReader.number(text).flatMap(Value.init(exactly:)),
        range.contains(number)
      else { return nil }
      return number
    }
  }
}

extension ArgumentForm where Value == UInt64 {
  /// A number of pages.
  static func pages(_ label: String? = nil, upTo most: UInt64 = Command.mostPages) -> Self {
    number(label, 1...most)
  }

  /// The offset of a page in a range, or of the page after its last.
  static func offset(_ label: String) -> Self { number(label, 0...Command.mostPages) }

  /// The offset of a page in a range.
  static func page(_ label: String) -> Self { number(label, 0...Command.mostPages - 1) }

  static var milliseconds: Self { number(nil, 0...Command.mostMilliseconds) }
}

extension ArgumentForm where Value == Int {
  static func device(_ label: String? = nil) -> Self {
    number(label, 0...DMASettings.mostDevices - 1)
  }
}

extension ArgumentForm where Value == PFN {
  /// A pfn up to a highest one, in hexadecimal.
  static func pfn(_ label: String? = nil, upTo most: UInt64) -> Self {
    Self(
      label, extremes: [PFN(0), PFN(most)], numbers: .one(from: PFN(0), \.raw, PFN.init)
    ) { text, _ in
      ProgramCaseReader.number(text).flatMap { $0 <= most ? PFN($0) : nil }
    }
  }
}

extension ArgumentForm where Value == PFNRange {
  /// A range, always written with both ends.
  static var range: Self {
    let all = PFNRange(PFN(0), through: PFN(.max))
    let extremes = [all, PFNRange(all.lo, pages: 1), PFNRange(all.hi, pages: 1)]
    let ends = ArgumentNumbers(least: [0, 0]) { (range: PFNRange) in
      [range.lo.raw, range.hi.raw]
    } value: {
      $0[0] <= $0[1] ? PFNRange(PFN($0[0]), through: PFN($0[1])) : nil
    }
    return Self(
      nil, extremes: extremes, numbers: ends, write: { "\($0.lo)...\($0.hi)" },
      read: { text, _ in
        let ends = text.components(separatedBy: "...").map(ProgramCaseReader.number)
        guard ends.count == 2, let lo = ends[0], let hi = ends[1], lo <= hi else { return nil }
        return PFNRange(PFN(lo), through: PFN(hi))
      })
  }
}

extension ArgumentForm where Value == CPU {
  /// A CPU of the program.
  static var cpu: Self {
    Self(nil, extremes: [CPU(0)]) { text, cpus in
      ProgramCaseReader.cpu(text, below: cpus)
    }
  }
}

extension ArgumentForm where Value == Protection {
  static var protection: Self {
    let all = (0..<Protection.all.rawValue + 1).map(Protection.init(rawValue:))
    return Self(nil, extremes: all) { text, _ in
      Protection(text)
    }
  }
}

extension ArgumentForm where Value == Bool {
  /// A word that is present or absent.
  static func flag(_ word: String) -> Self {
    Self(
      extremes: [false, true], write: { $0 ? word : nil },
      read: { reader in
        let isSet = reader.words.first.map { $0 == word } ?? false
        if isSet { reader.words.removeFirst() }
        return isSet
      })
  }
}

extension Handle {
  /// The highest number that is read, so that a table of all handles can be made.
  static let most = Program.maxCommands * 2 - 1

  /// Reads `a7`; nil if the text is no handle, or its number is too high.
  init?(_ text: Substring) {
    guard text.hasPrefix("a"), let number = ProgramCaseReader.number(text.dropFirst()),
      number <= Handle.most
    else { return nil }
    self.init(Int(number))
  }
}
