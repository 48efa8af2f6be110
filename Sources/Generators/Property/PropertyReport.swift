/// The results of a passing run.
///
/// ```swift
/// let report = try Property("dice").check(Generator<Int>.integers(in: 1...6)) { die, trial in
///   trial.label("\(die)")
/// }
/// for tally in report.labels { print(tally.name, tally.count) }
/// ```
public struct PropertyReport: Sendable, Equatable, CustomStringConvertible {
  /// The name of the property.
  public let name: String
  /// The seed of the run.
  public let seed: Seed
  /// Cases that ran to the end.
  public internal(set) var cases = 0
  /// Cases that were discarded.
  public internal(set) var discarded = 0
  /// Cases by label, the commonest first.
  public internal(set) var labels: [Tally] = []
  /// Cases in which each milestone happened, in the order of their names.
  public internal(set) var milestones: [Tally] = []
  /// The highest score given to `Trial.maximise`.
  public internal(set) var best: Int?
  /// Kept cases that pass now, whose files were therefore removed.
  public internal(set) var retired: [String] = []

  /// How often something happened.
  ///
  /// ```swift
  /// let property = Property("dice", folder: nil, settings: PropertySettings(cases: 9))
  /// let tally = try property.check { trial in trial.label("thrown") }.labels[0]
  /// assert(tally.name == "thrown" && tally.count == 9)
  /// ```
  public struct Tally: Sendable, Equatable {
    /// What was counted.
    public let name: String
    /// In how many cases.
    public let count: Int
  }

  init(name: String, seed: Seed) {
    self.name = name
    self.seed = seed
  }

  /// The counts, with a histogram of the labels.
  public var description: String {
    var lines = ["✔ \(name): \(cases) cases, seed \(seed)"]
    if discarded > 0 { lines.append("  \(discarded) discarded") }
    for tally in labels {
      let percent = cases == 0 ? 0 : tally.count * 100 / cases
      let bar = String(repeating: "▇", count: percent * 30 / 100)
      lines.append("  \(percent) % \(tally.name) \(bar)")
    }
    for tally in milestones { lines.append("  sometimes \(tally.name): \(tally.count) times") }
    if let best { lines.append("  best score \(best)") }
    for path in retired { lines.append("  retired \(path), which passes now") }
    return lines.joined(separator: "\n")
  }
}

/// Why a run is no success although no case failed.
///
/// ```swift
/// let error = PropertyError.never(property: "weather", milestones: ["rain"], cases: 200)
/// assert(error.description == "✘ weather: never in 200 cases: rain")
/// ```
public enum PropertyError: Error, Equatable, CustomStringConvertible {
  /// Too few cases satisfied the assumptions, or the filters of the generators.
  case gaveUp(property: String, cases: Int, discarded: Int, reasons: [PropertyReport.Tally])
  /// A milestone was never reached.
  case never(property: String, milestones: [String], cases: Int)
  /// A file beside the test is not the case that its name says.
  case unreadableCase(path: String, reason: String)

  /// What the run lacks, in a sentence.
  public var description: String {
    switch self {
    case .gaveUp(let property, let cases, let discarded, let reasons):
      "✘ \(property): gave up after \(discarded) discarded cases, with only \(cases) to show: "
        + reasons.map { "\($0.name) (\($0.count) times)" }.joined(separator: ", ")
    case .never(let property, let milestones, let cases):
      "✘ \(property): never in \(cases) cases: " + milestones.joined(separator: ", ")
    case .unreadableCase(let path, let reason):
      "\(path): \(reason); correct the file or remove it"
    }
  }
}
