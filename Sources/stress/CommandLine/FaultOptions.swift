/// What `stress faults` was asked to do.
struct FaultOptions {
  /// Whether to hunt the faults rather than list them.
  var hunts = false
  /// Without names, all faults are listed or hunted.
  var names: [String] = []
  /// `nil` if none was given.
  var time: Duration?
  /// `nil` if none was given; a hunt then takes one from the wall clock.
  var seed: UInt64?
  var json: String?

  /// Options that were given but have no effect, each with the reason.
  var idle: [String] {
    guard !hunts else { return [] }
    let given = [("--for", time != nil), ("--seed", seed != nil), ("--json", json != nil)]
    return given.filter(\.1).map { "\($0.0) has no effect without --hunt" }
  }

  static let defaultTime = Duration.seconds(60)

  static var operands: OperandSyntax<Self> { .list(of: .fault, atLeast: 0, \.names) }

  static var table: [OptionSyntax<Self>] {
    [
      .init("hunt", switch: \.hunts, "Switches on one fault after the other, and looks for it"),
      .init(
        "for", .duration(RunOptions.timeRange), \.time,
        "Time to look for each fault; \(defaultTime.text) unless given"),
      .init("seed", .seed, \.seed, "Seed of each hunt; taken from the clock unless given"),
      .init("json", .path("FILE"), \.json, "File that receives what was found"),
    ]
  }
}
