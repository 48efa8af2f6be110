/// A recipe for random values of one type: just a function of a `ChoiceSource`.
///
/// It needs no shrinker of its own, since shrinking edits the choices. Inside the closure, draw
/// whatever the value is made of; later draws may depend on earlier values.
///
/// ```swift
/// let interval = Generator { source in
///   let start = try source.draw(.integers(in: 0...100))
///   return try start...source.draw(.integers(in: start...100))
/// }
/// ```
public struct Generator<Value>: Sendable {
  @usableFromInline let body: @Sendable (inout ChoiceSource) throws -> Value

  /// A generator that draws with `body`, which throws `GaveUp` if it finds nothing suitable.
  ///
  /// ```swift
  /// let coin = Generator { source in source.chance(1, in: 2) ? "heads" : "tails" }
  /// var zeros = ChoiceSource(replaying: ChoiceSequence(values: [0]))
  /// let side = try coin.draw(from: &zeros)
  /// assert(side == "tails")
  /// ```
  @inlinable
  public init(_ body: @escaping @Sendable (inout ChoiceSource) throws -> Value) {
    self.body = body
  }

  /// One value.
  ///
  /// ```swift
  /// let word = try Generator.strings(of: "ab").draw(from: &source)
  /// ```
  @inlinable
  public func draw(from source: inout ChoiceSource) throws -> Value {
    try body(&source)
  }

  /// Values made from this generator's values.
  ///
  /// ```swift
  /// let even = Generator<Int>.integers(in: 0...50).map { $0 * 2 }
  /// ```
  public func map<Result>(
    _ transform: @escaping @Sendable (Value) -> Result
  ) -> Generator<Result> {
    Generator<Result> { source in transform(try draw(from: &source)) }
  }

  /// Values from a generator that depends on a value of this one.
  ///
  /// ```swift
  /// let rows = Generator<Int>.integers(in: 1...9).then { width in
  ///   .arrays(of: .integers(in: 0...1), count: width...width)
  /// }
  /// ```
  public func then<Result>(
    _ next: @escaping @Sendable (Value) -> Generator<Result>
  ) -> Generator<Result> {
    Generator<Result> { source in
      try next(try draw(from: &source)).draw(from: &source)
    }
  }

  /// Only the values that satisfy `condition`; gives up after `GaveUp.attempts` in one case.
  ///
  /// A condition that seldom holds wastes the run: prefer `map` or `then`, which waste nothing.
  ///
  /// ```swift
  /// let odd = Generator<Int>.integers(in: 0...99).filter("odd") { $0 % 2 == 1 }
  /// ```
  public func filter(
    _ name: String, _ condition: @escaping @Sendable (Value) -> Bool
  ) -> Generator<Value> {
    Generator { source in
      for _ in 0..<source.attempts {
        source.openSpan("attempt")
        defer { source.closeSpan() }
        let value = try draw(from: &source)
        if condition(value) { return value }
      }
      throw GaveUp(looking: name)
    }
  }
}

extension ChoiceSource {
  /// One value of `generator`.
  ///
  /// ```swift
  /// let percent = try source.draw(.integers(in: 0...100))
  /// ```
  @inlinable
  public mutating func draw<Value>(_ generator: Generator<Value>) throws -> Value {
    try generator.draw(from: &self)
  }
}
