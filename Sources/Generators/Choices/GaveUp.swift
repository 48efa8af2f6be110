/// The report of a generator that found no suitable value; the case counts as discarded.
///
/// ```swift
/// let never = Generator<Int>.integers(in: 0...9).filter("above nine") { $0 > 9 }
/// do { _ = try source.draw(never) } catch { assert("\(error)".contains("above nine")) }
/// ```
public struct GaveUp: Error, Equatable, CustomStringConvertible {
  /// How many values are tried before giving up.
  public static let attempts = 100

  /// What was looked for.
  public let condition: String

  /// The report that no value was found that satisfies `condition`.
  ///
  /// ```swift
  /// let report = GaveUp(looking: "prime")
  /// assert(report.description == "gave up: none of 100 values in a row was prime")
  /// ```
  public init(looking condition: String) {
    self.condition = condition
  }

  /// What was looked for, and for how long.
  public var description: String {
    "gave up: none of \(Self.attempts) values in a row was \(condition)"
  }
}
