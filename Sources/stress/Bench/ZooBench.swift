import Generators

/// Known bugs of concurrent code, each hunted with several seeds, and their lawful versions.
enum ZooBench {
  private static let seeds: UInt64 = 20
  private static let time = Duration.seconds(60)
  /// How often a bug has to be found, and has to be minimal.
  private static let enough = 19

  private static let table = Table(
    columns: [
      .text("bug", width: Exhibit.all.map(\.name.count).max() ?? 0), .number("found"),
      .number("executions"), .number("seconds"), .number("calls"), .number("switches"),
      .number("minimal"), .number("lawful"), .text("proved"),
    ])

  /// Prints a row for each, then what broke; false if any is not as expected.
  static func run(_ print: (String) -> Void) -> Bool {
    print(table.heading)
    var laws = Table(columns: [.text("bug"), .text("what broke")])
    var unexpected: [(name: String, report: String?)] = []
    for exhibit in Exhibit.all where !Signals.endIsRequested {
      let row = row(exhibit)
      print(table.text(of: row.cells))
      for (number, law) in row.laws.enumerated() {
        laws.append([number == 0 ? exhibit.name : "", law])
      }
      if !row.isFine { unexpected.append((exhibit.name, row.report)) }
    }
    print("")
    print(laws.text)
    for (name, report) in unexpected {
      print("\nNOT as expected: \(name)")
      if let report { print(report) }
    }
    return unexpected.isEmpty
  }

  /// The results of an exhibit.
  private struct Row {
    let cells: [String]
    let isFine: Bool
    /// What broke, with the evidence: who waits for what.
    let laws: [String]
    /// Of a failure that is not minimal, or of the lawful version.
    let report: String?
  }

  private static func row(_ exhibit: Exhibit) -> Row {
    let hunt = Hunt(exhibit)
    var report = hunt.report
    func tried(_ body: () throws -> InterleavingReport) -> InterleavingReport? {
      do { return try body() } catch {
        report = "\(error)"
        return nil
      }
    }
    let lawful = tried {
      try exhibit.checkLawful(PropertySettings(seed: Seed(1), time: .seconds(2)))
    }
    let proof = tried(exhibit.proveLawful)
    let scope = "\(exhibit.scope.threads)×\(exhibit.scope.operations)"
    let isFine =
      hunt.executions.count >= enough && hunt.minimal >= enough && lawful != nil && proof != nil
    return Row(
      cells: [
        exhibit.name, "\(hunt.executions.count)/\(seeds)", hunt.middle.grouped,
        BenchResult.rounded(hunt.seconds, digits: 2), "\(hunt.calls)/\(exhibit.calls)",
        "\(hunt.switches)/\(exhibit.switches)", "\(hunt.minimal)/\(seeds)",
        lawful == nil ? "FAILS" : "clean",
        proof.map { "\(scope): \($0.executions.grouped)" } ?? "\(scope): FAILS",
      ],
      isFine: isFine,
      laws: hunt.evidence.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" },
      report: report)
  }

  /// A bug, hunted with each seed.
  private struct Hunt {
    /// For each seed that found it, the number of executions.
    var executions: [Int] = []
    /// Of the slowest seed.
    var seconds = 0.0
    var minimal = 0
    /// The largest numbers of any seed.
    var (calls, switches) = (0, 0)
    /// By law, the evidence of the first seed with which it broke.
    var evidence: [String: String] = [:]
    /// The last failure that is not minimal.
    var report: String?

    var middle: Int { executions.sorted().dropFirst(executions.count / 2).first ?? 0 }

    init(_ exhibit: Exhibit) {
      let clock = ContinuousClock()
      for seed in 1...seeds where !Signals.endIsRequested {
        let begin = clock.now
        let found = try? exhibit.findBug(PropertySettings(seed: Seed(seed), time: time))
        guard let failure = found else { continue }
        executions.append(failure.executions)
        seconds = max(seconds, (clock.now - begin) / .seconds(1))
        if evidence[failure.law] == nil { evidence[failure.law] = failure.evidence }
        (calls, switches) = (max(calls, failure.calls), max(switches, failure.switches))
        if (failure.calls, failure.switches) == (exhibit.calls, exhibit.switches) {
          minimal += 1
        } else {
          report = failure.description
        }
      }
    }
  }
}
