import Generators
import Testing

/// The value, as printed, to which a property of one generator shrinks; or why it found none.
func simplestFailure<Value>(
  seed: UInt64, cases: Int = 2000, _ generator: Generator<Value>, holds: (Value) -> Bool
) throws -> String {
  let settings = PropertySettings(seed: Seed(seed), cases: cases)
  do {
    let report = try Property("it holds", folder: nil, settings: settings)
      .check(generator) { value, trial in try trial.expect(holds(value)) }
    return "passed \(report.cases), discarded \(report.discarded)"
  } catch let failure as Counterexample {
    return failure.values[0].text
  }
}
