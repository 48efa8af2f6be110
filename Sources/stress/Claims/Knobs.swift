/// A knob that was set: `ranges=500`.
struct KnobSetting: Equatable {
  let knob: Knob
  let value: Int
}

/// The numbers with which a claim is counted.
struct Knobs {
  private var usual: [Knob: Int] = [:]
  private var values: [(knob: Knob, value: Int)] = []

  init(_ parameters: [Claim.Parameter]) {
    for parameter in parameters {
      usual[parameter.knob] = parameter.usual
      values.append((parameter.knob, parameter.usual))
    }
  }

  /// Changes a knob; one that the claim does not have is ignored.
  mutating func set(_ setting: KnobSetting) {
    guard let index = values.firstIndex(where: { $0.knob == setting.knob }) else { return }
    values[index].value = setting.value
  }

  /// The value of one of the claim's own knobs.
  subscript(_ knob: Knob) -> Int {
    guard let entry = values.first(where: { $0.knob == knob }) else {
      preconditionFailure("the claim has no knob \(knob.name)")
    }
    return entry.value
  }

  /// Whether every knob has the value for which the claim was made.
  var areUsual: Bool { values.allSatisfy { usual[$0.knob] == $0.value } }

  /// What is claimed: at the usual knobs the number as it was written, else the result of its
  /// formula.
  func stated(_ written: Int, or formula: @autoclosure () -> Int) -> Int {
    areUsual ? written : formula()
  }

  /// `ranges=2000 cpus=4`
  func text(between separator: String) -> String {
    values.map { "\($0.knob.name)=\($0.value)" }.joined(separator: separator)
  }

  /// By name, for a file of results.
  var byName: [String: Int] {
    Dictionary(uniqueKeysWithValues: values.map { ($0.knob.name, $0.value) })
  }
}
