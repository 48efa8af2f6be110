/// A claim about the allocator's costs, and a simulation that counts it anew.
struct Claim: Sendable {
  /// A knob with the value for which the claim was made.
  struct Parameter {
    let knob: Knob
    let usual: Int
  }

  let id: String
  /// The claim, in one line.
  let summary: String
  let parameters: [Parameter]
  private let simulate: @Sendable (Knobs) throws -> [Measure]

  /// - Parameter simulate: runs the real code and reads its counters.
  init(
    _ id: String, _ summary: String, _ parameters: [(Knob, Int)],
    _ simulate: @escaping @Sendable (Knobs) throws -> [Measure]
  ) {
    self.id = id
    self.summary = summary
    self.parameters = parameters.map(Parameter.init)
    self.simulate = simulate
  }

  /// Whether the claim depends on a knob.
  func has(_ knob: Knob) -> Bool { parameters.contains { $0.knob == knob } }

  /// The knobs of this claim, changed where `settings` name one of them.
  func knobs(_ settings: [KnobSetting]) -> Knobs {
    var knobs = Knobs(parameters)
    for setting in settings { knobs.set(setting) }
    return knobs
  }

  /// Counts the claim.
  func count(_ knobs: Knobs) throws -> ClaimResult {
    ClaimResult(claim: self, knobs: knobs, measures: try simulate(knobs))
  }
}

/// The outcome of one claim.
struct ClaimResult {
  let claim: Claim
  let knobs: Knobs
  let measures: [Measure]

  /// Whether each number is as stated, or differs for a known and stated reason.
  var isAccountedFor: Bool { measures.allSatisfy { $0.verdict != .differs } }

  /// The command that gives this result again.
  var command: String { "stress claims \(claim.id) --with \(knobs.text(between: ","))" }
}
