/// A failing interleaving, made minimal: what broke, what each thread did, and how to see it again.
public struct InterleavingFailure: Error, CustomStringConvertible {
  /// The report, as it is printed.
  var text: String
  /// What broke.
  public private(set) var law = ""
  /// What shows it: who waits for what, which answers have no order.
  public private(set) var evidence = ""
  /// Calls, threads that make any, and switches of the minimal case.
  public private(set) var calls = 0
  public private(set) var threads = 0
  public private(set) var switches = 0
  /// Executions up to the first failure, which is included; 0 for a kept case.
  public internal(set) var executions = 0
  /// The minimal case as a file has it.
  public private(set) var caseText = ""
  /// What happened, as a picture in SVG.
  public private(set) var picture = ""

  private var lines: [String] = []

  init(text: String) { self.text = text }

  /// The report.
  public var description: String { text }

  init(
    _ statement: Statement, _ search: CallSearch,
    _ run: StageRun, _ limits: CallLimits
  ) {
    let best = search.best
    self.init(text: "")
    _ = try? run.prepare(best.program)
    let (rows, script, outcome) = run.describing { run.replay(.schedule(best.trace.schedule)) }
    let finding = outcome.finding ?? best.finding
    law = finding.law
    evidence = finding.evidence
    calls = best.program.count
    threads = best.program.lanes.count { !$0.isEmpty }
    switches = best.trace.switches
    let size = calls.of("call") + " on " + threads.of("thread") + ", " + switches.of("switch")
    lines = ["✘ \(statement.name): \(finding.law)", "  \(finding.evidence)", ""]
    lines.append(
      "  \(size)"
        + (search.isComplete ? "  (minimal: checked by \(search.checks.of("replay")))" : ""))
    if let setting = statement.subject.setting { lines.append("  setting: \(setting.text())") }
    if let pair = Self.guiltyPair(of: best, run) { lines.append("  guilty: \(pair)") }
    _ = try? run.prepare(best.program)
    _ = run.replay(.schedule(best.trace.schedule))
    let names = run.names
    let table = LaneTable(RowDigest.lines(rows, names)) { names.actor($0) }
    lines += table.text(maxLines: 40)
    picture = Timeline(rows, names, title: "\(statement.name): \(finding.law)").svg
    caseText =
      CallCaseFile(
        name: statement.name, law: finding.law, evidence: finding.evidence, program: best.program,
        script: script, operations: statement.subject.kinds.map(\.name),
        texts: [run.initial.map(\.text)] + run.texts
      ).text
  }

  /// Completes the report: where it is kept, and how to see it again.
  mutating func tell(
    _ statement: Statement, seed: Seed, finder: String, kept path: String?,
    from count: Int
  ) {
    guard !lines.isEmpty else { return }
    var end = ["  found by \(finder)" + (executions > 0 ? " in execution \(executions)" : "")]
    let filter = statement.place.filter
    end.append("  replay: STRESS_SEED=\(seed) swift test --filter '\(filter)'")
    if let path {
      end.append("  kept in \(path)")
    } else if let folder = statement.folder {
      do throws(SystemFiles.Failure) {
        end.append("  kept in \(try folder.keep(caseText, of: statement.name, failure: law))")
      } catch {
        end.append("  not kept: \(error)")
      }
    }
    text = (lines + end).joined(separator: "\n")
  }

  private static func guiltyPair(
    of best: CallCase, _ run: StageRun
  ) -> GuiltyPair? {
    _ = try? run.prepare(best.program)
    guard run.tracedFailure(.schedule(best.trace.schedule)) != nil else { return nil }
    let origins = run.conductor.trace.origins
    let (texts, names) = (run.texts + [[]], run.names)
    return GuiltyPair.find(
      in: best.trace,
      isMended: { actors, place in
        let found = run.tracedFailure(.schedule(Schedule(cpus: actors)))
        return found?.finding.law != best.finding.law
          && run.conductor.trace.steps.steps.prefix(place).map(\.cpu)
            == Array(actors.prefix(place))
      },
      step: { index in
        let step = best.trace.steps[index]
        let lane = texts[step.cpu]
        let command = lane.indices.contains(step.command) ? lane[step.command] : lane.first
        let point = index < origins.count ? origins[index] : nil
        return GuiltyPair.Step(
          actor: step.cpu, name: names.actor(step.cpu),
          phrase: point.map { names.phrase($0) } ?? "begins", command: command)
      })
  }
}
