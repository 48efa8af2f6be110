import Generators

/// Known bugs of concurrent code, each looked for with several seeds; and their lawful versions.
enum ZooBench {
  private static let seeds: UInt64 = 20
  private static let time = Duration.seconds(60)

  private static let table = Table(
    columns: [
      .text("bug", width: Exhibit.all.map(\.name.count).max() ?? 0), .number("found"),
      .number("executions"), .number("seconds"), .number("calls"), .number("switches"),
      .number("minimal"), .number("lawful"), .number("proved"), .text(""),
    ])

  /// Prints a row for each; false if one is not as expected.
  static func run(_ print: (String) -> Void) -> Bool {
    print(table.heading)
    var isAsExpected = true
    for exhibit in Exhibit.all where !Signals.endIsRequested {
      let (cells, isFine) = row(exhibit)
      print(table.text(of: cells))
      if !isFine { isAsExpected = false }
    }
    return isAsExpected
  }

  private static func row(_ exhibit: Exhibit) -> (cells: [String], isFine: Bool) {
    let clock = ContinuousClock()
    var executions: [Int] = []
    var seconds: [Double] = []
    var (minimal, laws) = (0, Set<String>())
    var (calls, switches) = (0, 0)
    for seed in 1...seeds where !Signals.endIsRequested {
      let begin = clock.now
      let found = try? exhibit.findBug(PropertySettings(seed: Seed(seed), time: time))
      guard let failure = found else { continue }
      executions.append(failure.executions)
      seconds.append((clock.now - begin) / .seconds(1))
      laws.insert(failure.law)
      (calls, switches) = (max(calls, failure.calls), max(switches, failure.switches))
      if (failure.calls, failure.switches) <= (exhibit.calls, exhibit.switches) { minimal += 1 }
    }
    let lawful = try? exhibit.checkLawful(PropertySettings(seed: Seed(1), time: .seconds(2)))
    let proof = try? exhibit.proveLawful()
    let isFine =
      executions.count >= 19 && minimal >= 19 && lawful != nil && proof != nil
    let middle = executions.sorted().dropFirst(executions.count / 2).first ?? 0
    let cells = [
      exhibit.name, "\(executions.count)/\(seeds)", middle.grouped,
      BenchResult.rounded(seconds.max() ?? 0, digits: 2), "\(calls)/\(exhibit.calls)",
      "\(switches)/\(exhibit.switches)", "\(minimal)", lawful == nil ? "FAILS" : "clean",
      proof.map { "\(exhibit.scope.threads)×\(exhibit.scope.operations): \($0.executions.grouped)" }
        ?? "FAILS", (isFine ? "" : "NOT as expected: ") + laws.sorted().joined(separator: "; "),
    ]
    return (cells, isFine)
  }
}
