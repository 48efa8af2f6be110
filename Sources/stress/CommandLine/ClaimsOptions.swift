/// What `stress claims` was asked to do.
struct ClaimsOptions {
  /// Without names, every claim is counted.
  var claims: [String] = []
  var settings: [KnobSetting] = []
  var json: String?

  static var operands: OperandSyntax<Self> { .list(of: .claim, atLeast: 0, \.claims) }

  static var table: [OptionSyntax<Self>] {
    [
      .init(
        "with", listOf: .knobSetting, \.settings,
        "Knobs to turn, repeated or with commas between, such as ranges=500"),
      .init("json", .path("FILE"), \.json, "File that receives the results"),
    ]
  }

  /// Each knob with its range and the claims that depend on it.
  static var details: (title: String, rows: [[String]]) {
    let rows = Knob.all.map { knob in
      let range = "\(knob.range.lowerBound)...\(knob.range.upperBound.grouped)"
      let claims = Claim.all.filter { $0.has(knob) }.map(\.id).joined(separator: " ")
      return [knob.name, "\(knob.summary), \(range); \(claims)"]
    }
    return ("knobs", rows)
  }
}

extension ValueSyntax where Value == KnobSetting {
  /// The name of a knob and a number for it.
  static var knobSetting: Self {
    Self("NAME=VALUE", known: \.knobs) { (text, vocabulary) throws(UsageError) in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw UsageError("\(text.quoted) is no setting; write ranges=500")
      }
      guard let knob = Knob.all.first(where: { $0.name == parts[0] }) else {
        throw .unknown("knob", String(parts[0]), among: vocabulary.knobs)
      }
      return KnobSetting(knob: knob, value: try knob.read(String(parts[1])))
    }
  }
}
