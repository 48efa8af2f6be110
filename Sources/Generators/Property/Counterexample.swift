/// A case that a property fails, made as simple as possible: what `Property.check` throws.
///
/// ```swift
/// do {
///   try Property("all is small", folder: nil).check(Generator<Int>.any) { number, trial in
///     try trial.expect(number < 1000)
///   }
/// } catch let failure as Counterexample {
///   assert(failure.values[0].text == "1000")
/// }
/// ```
public struct Counterexample: Error, Sendable, CustomStringConvertible {
  /// The name of the property.
  public let property: String
  /// How the case fails.
  public let failure: String
  /// The values drawn, by name, as printed.
  public let values: [Value]
  /// Which parts could be anything without the case passing.
  public let explanation: [String]
  /// The choices that lead to `values`.
  public let minimal: ChoiceSequence
  /// What shrinking cost.
  public let statistics: ShrinkStatistics
  /// How many choices the case made that first failed.
  public let originalCount: Int
  /// The seed of the run.
  public let seed: Seed
  /// The number of the case that first failed, from 1; 0 if it came from a file.
  public let caseNumber: Int
  /// Where the property is stated.
  public let place: Property.Place
  /// Where the case is saved, or why it is not.
  public let kept: String

  /// A value that the case drew.
  ///
  /// ```swift
  /// let property = Property("all is true", folder: nil)
  /// do { try property.check(Generator<Bool>.any) { try $1.expect($0) } } catch {
  ///   assert((error as? Counterexample)?.values.first?.text == "false")
  /// }
  /// ```
  public struct Value: Sendable, Equatable {
    /// The name it was drawn under.
    public let name: String
    /// The value as printed, the same in every process.
    public let text: String
  }

  /// What failed, with which values, what does not matter about them, and how to repeat it.
  public var description: String {
    var lines = ["✘ \(property)", "  \(failure)"]
    for value in values { lines.append("    \(value.name) = \(value.text)") }
    if !explanation.isEmpty {
      lines.append("  it would fail as well with any other")
      for part in explanation { lines.append("    \(part)") }
    }
    let tries = "shrunk to \(minimal.count) in \(statistics.evaluations) tries"
    let shrunk = statistics.ending == .notRepeated ? "not shrunk" : tries
    lines.append("  \(originalCount) choices \(shrunk); \(statistics.ending)")
    lines.append("  stated  \(place)")
    if caseNumber > 0 {
      lines.append(
        "  repeat  STRESS_SEED=\(seed) STRESS_CASES=\(caseNumber) "
          + "swift test --filter '\(place.filter)'")
    }
    lines.append("  kept    \(kept)")
    return lines.joined(separator: "\n")
  }
}
