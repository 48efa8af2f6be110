/// A statement that must hold for every case that can be drawn, checked on many of them.
///
/// Throws what it finds, so it reads the same in Swift Testing and in XCTest.
///
/// ```swift
/// try Property("sorting is idempotent").check(.arrays(of: Generator<Int>.any)) { list, trial in
///   try trial.expect(list.sorted().sorted() == list.sorted())
/// }
/// ```
///
/// `STRESS_SEED`, `STRESS_CASES` and `STRESS_FOR` in the environment override seed, number and
/// time. Without a seed, it follows from the name, so that a test does not change from run to run.
public struct Property: Sendable {
  /// How many cases may be discarded for each one requested, before the run gives up.
  public static let discardsPerCase = 10
  /// The number of cases from which on each milestone must have been reached.
  public static let milestoneCases = 50

  /// The statement.
  public let name: String
  /// How many cases to run, unless overridden.
  public let cases: Int
  /// Where failing cases are kept.
  public let folder: CaseFolder?
  /// What simplifies a failing case.
  public let shrinker: Shrinker
  /// Replaces the environment's settings.
  public let settings: PropertySettings?
  /// Where the property is stated.
  public let place: Place

  /// Where a property is stated, for its report: the line, and the test to run again.
  ///
  /// ```swift
  /// let place = Property.Place(file: "ListTests/ListTests.swift", line: 7, test: "sorts()")
  /// assert(place.description == "ListTests/ListTests.swift:7" && place.filter == "sorts")
  /// ```
  public struct Place: Sendable, Equatable, CustomStringConvertible {
    /// The file, as `#fileID`.
    public let file: String
    /// The line in it.
    public let line: UInt
    /// The function around it, as `#function`.
    public let test: String

    /// A place in a source file.
    ///
    /// ```swift
    /// assert(Property.Place(file: "A/B.swift", line: 7, test: "sorts()").line == 7)
    /// ```
    public init(file: String, line: UInt, test: String) {
      self.file = file
      self.line = line
      self.test = test
    }

    /// The file and the line.
    public var description: String { "\(file):\(line)" }

    /// What `swift test --filter` takes for the test alone: a regular expression.
    public var filter: String {
      let name = test.lastIndex(of: "(").map { test[..<$0] } ?? test[...]
      let plain = name.filter { $0 != "`" }
      return String(plain.map { $0.isLetter || $0.isNumber || $0 == " " ? $0 : "." })
    }
  }

  /// A property with every setting given.
  ///
  /// ```swift
  /// let property = Property("fast", cases: 50, folder: nil, settings: PropertySettings(seed:
  /// Seed(1)))
  /// ```
  /// - Parameters:
  ///   - name: What is stated; also names the files of failing cases.
  ///   - cases: How many cases to run, unless the environment says.
  ///   - folder: Where failing cases are kept; `nil` for nowhere.
  ///   - settings: Replaces the environment's settings.
  ///   - shrinker: What simplifies a failing case.
  ///   - file: The file to report, as `#fileID`.
  ///   - line: The line to report.
  ///   - test: The test to repeat, as `#function`.
  public init(
    _ name: String, cases: Int = 200, folder: CaseFolder?, settings: PropertySettings? = nil,
    shrinker: Shrinker = Shrinker(), file: String = #fileID, line: UInt = #line,
    test: String = #function
  ) {
    precondition(cases > 0, "a property needs at least one case")
    self.name = name
    self.cases = cases
    self.folder = folder
    self.settings = settings
    self.shrinker = shrinker
    place = Place(file: file, line: line, test: test)
  }

  /// A property whose failing cases are kept in `FailingCases/` at the top of the package of the
  /// source file at `path`, that of the call.
  ///
  /// ```swift
  /// let property = Property("sorting keeps every element", cases: 500)
  /// assert(property.cases == 500 && property.folder == .inPackage(of: #filePath))
  /// ```
  public init(
    _ name: String, cases: Int = 200, settings: PropertySettings? = nil, path: String = #filePath,
    file: String = #fileID, line: UInt = #line, test: String = #function
  ) {
    self.init(
      name, cases: cases, folder: .inPackage(of: path), settings: settings, file: file, line: line,
      test: test)
  }

  /// Checks the values of one generator.
  ///
  /// ```swift
  /// let report = try Property("squares are not negative").check(
  ///   Generator<Int>.integers(in: -99...99)
  /// ) { number, trial in
  ///   try trial.expect(number * number >= 0)
  /// }
  /// print(report)
  /// ```
  /// - Throws: `Counterexample`, `PropertyError` or `PropertySettings.Invalid`.
  @discardableResult
  public func check<Value>(
    _ generator: Generator<Value>, _ body: (Value, inout Trial) throws -> Void
  ) throws -> PropertyReport {
    try check { trial in
      let value = try trial.draw("value", generator)
      try body(value, &trial)
    }
  }

  /// Checks whatever `body` draws.
  ///
  /// ```swift
  /// try Property("the larger is not the smaller").check { trial in
  ///   let low = try trial.draw("low", .integers(in: 0...100))
  ///   let high = try trial.draw("high", .integers(in: low...100))
  ///   try trial.expect(max(low, high) == high)
  /// }
  /// ```
  /// - Throws: `Counterexample`, `PropertyError` or `PropertySettings.Invalid`.
  @discardableResult
  public func check(_ body: (inout Trial) throws -> Void) throws -> PropertyReport {
    let settings = try self.settings ?? PropertySettings.fromEnvironment()
    return try withoutActuallyEscaping(body) { body in
      var run = PropertyRun(property: self, settings: settings, body: body)
      try run.tryKeptCases()
      try run.tryFreshCases()
      return try run.finish()
    }
  }
}
