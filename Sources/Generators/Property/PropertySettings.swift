/// How long a property is checked and with which seed; what is not set has a default.
///
/// `STRESS_SEED` is decimal or hexadecimal, `STRESS_CASES` a number above 0, `STRESS_FOR` a time
/// such as `500ms`, `30s`, `5m` or `2h`.
///
/// ```swift
/// let settings = try PropertySettings(environment: ["STRESS_SEED": "0x2a", "STRESS_FOR": "30s"])
/// ```
public struct PropertySettings: Sendable, Equatable {
  /// The seed; without one, it follows from the property's name.
  public var seed: Seed?
  /// How many cases to run.
  public var cases: Int?
  /// The time after which no new case is begun, nor a failing one simplified further; the only
  /// limit if `cases` is not set.
  public var time: Duration?

  /// Settings made by hand; `nil` leaves a setting to the property.
  ///
  /// ```swift
  /// let settings = PropertySettings(seed: Seed(42), cases: 1000)
  /// assert(settings.cases == 1000 && settings.time == nil)
  /// ```
  public init(seed: Seed? = nil, cases: Int? = nil, time: Duration? = nil) {
    self.seed = seed
    self.cases = cases
    self.time = time
  }

  /// What is wrong with a setting.
  ///
  /// ```swift
  /// do { _ = try PropertySettings(environment: ["STRESS_CASES": "0"]) } catch {
  ///   assert("\(error)" == "STRESS_CASES=\"0\": expected a whole number above 0")
  /// }
  /// ```
  public struct Invalid: Error, Equatable, CustomStringConvertible {
    /// The name of the variable.
    public let name: String
    /// What it was set to.
    public let text: String
    /// What it may be set to.
    public let expected: String

    /// The variable, its value, and what is allowed.
    public var description: String {
      let shown = text.count > 40 ? text.prefix(40) + "…" : text[...]
      return "\(name)=\(shown.debugDescription): expected \(expected)"
    }
  }

  /// Reads the three variables from a dictionary.
  ///
  /// ```swift
  /// let settings = try PropertySettings(environment: ["STRESS_CASES": "50", "STRESS_FOR": "5m"])
  /// assert(settings.cases == 50 && settings.time == .seconds(300))
  /// ```
  public init(environment: [String: String]) throws(Invalid) {
    try self.init { environment[$0] }
  }

  /// Reads the three variables from this process's environment.
  ///
  /// ```swift
  /// let settings = try PropertySettings.fromEnvironment()
  /// ```
  public static func fromEnvironment() throws(Invalid) -> PropertySettings {
    try PropertySettings(read: SystemFiles.environment)
  }

  private init(read: (String) -> String?) throws(Invalid) {
    if let text = read("STRESS_SEED"), !text.isEmpty {
      guard let seed = Seed(text) else {
        throw Invalid(
          name: "STRESS_SEED", text: text,
          expected: "a number below 2^64, decimal or hexadecimal after 0x")
      }
      self.seed = seed
    }
    if let text = read("STRESS_CASES"), !text.isEmpty {
      guard let cases = Self.count(text), cases > 0 else {
        throw Invalid(name: "STRESS_CASES", text: text, expected: "a whole number above 0")
      }
      self.cases = cases
    }
    if let text = read("STRESS_FOR"), !text.isEmpty {
      guard let time = Self.duration(text) else {
        throw Invalid(
          name: "STRESS_FOR", text: text,
          expected: "a time of at most a year, such as 500ms, 30s, 5m or 2h")
      }
      self.time = time
    }
  }

  /// Only digits: `Int` would also accept a sign.
  private static func count(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return Int(text)
  }

  private static let longestTime = Duration.seconds(366 * 86_400)

  /// Reads `500ms`, `30s`, `5m`, `2h` and the like.
  ///
  /// ```swift
  /// assert(PropertySettings.duration("90s") == .seconds(90))
  /// assert(PropertySettings.duration("soon") == nil)
  /// ```
  public static func duration(_ text: some StringProtocol) -> Duration? {
    let units: [(suffix: String, milliseconds: Int)] = [
      ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
      let count = count(text.dropLast(unit.suffix.count)), count > 0
    else { return nil }
    let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
    guard !overflow else { return nil }
    let duration = Duration.milliseconds(milliseconds)
    return duration <= longestTime ? duration : nil
  }
}
