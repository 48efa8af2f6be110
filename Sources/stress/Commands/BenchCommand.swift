import Generators
import IOVA

/// `stress bench`: runs measurements.
enum BenchCommand {
  /// What is measured if nothing is named.
  static let defaults = AllocatorBench.names

  /// Everything that can be measured.
  static let names =
    AllocatorBench.names + [
      "laws", "shrinking", "generators", "policies", "carriers", "executions", "steps", "joint",
      "conversions", "tables", "faults", "roundtrip", "minimal", "interleavings", "zoo",
    ] + ExecutionBench.names + FaultBench.names + MinimalBench.names

  static func run(_ options: BenchOptions) -> ExitStatus {
    let names = options.names.isEmpty ? defaults : options.names
    if options.revision != nil, !names.contains(where: defaults.contains) {
      Stress.warn(["--revision has no effect: only W1 to W6 are measured under one"])
    }
    let revisions = options.revision.flatMap(Revision.named).map { [$0] } ?? Revision.all
    var status = ExitStatus.clean
    for name in names {
      switch name {
      case "laws": for line in LawBench.run() { Output.standard.line(line) }
      case "shrinking": if !printShrinking() { status = .lawBroken }
      case "generators": printGenerators()
      case "policies": if !printPolicies() { status = .lawBroken }
      case "carriers":
        for row in CarrierBench.run() {
          print(row.carrier.rawValue, row.measure, row.value, row.unit)
        }
      case "executions": printExecutions(name)
      case "steps": for line in StepBench.run() { Output.standard.line(line) }
      case "conversions":
        if !ConversionBench.run({ Output.standard.line($0) }) { status = .lawBroken }
      case "joint": if !JointBench.run({ Output.standard.line($0) }) { status = .lawBroken }
      case "tables": for line in TableBench.run() { Output.standard.line(line) }
      case "interleavings": for line in InterleavingBench.run() { Output.standard.line(line) }
      case "zoo": if !ZooBench.run({ Output.standard.line($0) }) { status = .lawBroken }
      case "roundtrip":
        if !RoundTripBench.run(Fault.allCases, { Output.standard.line($0) }) { status = .lawBroken }
      case "faults": if !printFaults(Fault.allCases) { status = .lawBroken }
      case let name where FaultBench.names.contains(name):
        if !printFaults(FaultBench.faults(name)) { status = .lawBroken }
      case "minimal": if !printMinimal(Fault.allCases, options.seeds) { status = .lawBroken }
      case let name where MinimalBench.names.contains(name):
        if !printMinimal(MinimalBench.faults(name), options.seeds) { status = .lawBroken }
      case let name where ExecutionBench.names.contains(name): printExecutions(name)
      default:
        for revision in revisions where !Signals.endIsRequested {
          guard let result = try? AllocatorBench.run(name, revision: revision) else {
            return Stress.misuse("\(name) under \(revision.name): could not be run")
          }
          Output.standard.line("\(result)")
          if !result.isAsExpected { status = .lawBroken }
        }
      }
      if Signals.endIsRequested { break }
    }
    return status
  }

  private static func printExecutions(_ name: String) {
    for line in ExecutionBench.run(name) { Output.standard.line(line) }
  }

  private static func printFaults(_ faults: [Fault]) -> Bool {
    FaultBench.run(faults) { Output.standard.line($0) }
  }

  private static func printMinimal(_ faults: [Fault], _ seeds: Int) -> Bool {
    MinimalBench.run(faults, seeds: seeds) { Output.standard.line($0) }
  }

  private static func printShrinking() -> Bool {
    Output.standard.line(ChallengeRow.heading)
    let rows = Challenge.run(seeds: 0..<100)
    for row in rows { Output.standard.line("\(row)") }
    let ideal = rows.filter { $0.idealShare == 1 }.count
    Output.standard.line("\(ideal) of \(rows.count) problems end in the ideal answer on every seed")
    return ideal >= rows.count - 1
  }

  private static func print(_ name: String, _ measure: String, _ value: Double, _ unit: String) {
    let figure = value < 1000 ? BenchResult.rounded(value, digits: 2) : Int(value).grouped
    Output.standard.line("\(name): \(measure): \(figure) \(unit)")
  }

  private static func printPolicies() -> Bool {
    let rows = PolicyBench.run()
    for row in rows {
      let verdict = row.isBounded ? (row.isAsExpected ? "as expected" : "NOT as expected") : ""
      print("policies", row.name, row.value, "\(row.unit)  \(verdict)")
    }
    return rows.allSatisfy(\.isAsExpected)
  }

  private static func printGenerators() {
    for rate in GenerationRate.measure() { Output.standard.line("\(rate)") }
    Output.standard.line("\(PropertyRate.measure())")
  }
}
