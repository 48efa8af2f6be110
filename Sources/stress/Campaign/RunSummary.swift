import Generators
import Invariants

/// The results of a run.
struct RunSummary {
  let plan: RunPlan
  /// What was done until the end, or until a failure was found.
  var tally: Tally
  var elapsed = Duration.zero
  var failures: [Finding] = []
  /// What interleaved executions that found nothing let one claim about bugs; nil if nothing.
  var claim: String?
  /// How the failure was found; nil if nothing was.
  var discovery: Discovery?
  /// Commands and switches of the minimal failing program.
  var minimalCommands: Int?
  var minimalSwitches: Int?
  var status = ExitStatus.clean

  init(_ plan: RunPlan) {
    self.plan = plan
    tally = Tally(cpus: plan.controlledCPUs + 1)
  }

  /// What should have happened now and then, but never did.
  private var missing: [Milestone] { Self.known(plan).filter { !tally.milestones.contains($0) } }

  /// What can happen under the rules of the run.
  static func known(_ plan: RunPlan) -> [Milestone] {
    Milestone.allCases.filter { $0.isPossible(plan.revision) }
  }

  /// The time after which a milestone that was never reached is worth a warning.
  private static let warningTime = Duration.seconds(10)

  var text: String {
    let seconds = max(elapsed / .seconds(1), 0.001)
    var lines = [
      "\(tally.rounds.of("round")), \(tally.commands.of("command")) "
        + "(\(Int(Double(tally.commands) / seconds).grouped)/s), \(tally.checks.of("check")), "
        + "\(failures.count.of("law")) broken, in \(elapsed.clock)",
      "rare states reached: \(tally.milestones.count) of \(Self.known(plan).count)",
    ]
    if plan.failsEach {
      lines.append(
        "\(tally.programs.of("program")); \(tally.refusals.of("request")) for memory failed, "
          + "each once")
    }
    if tally.unblamed > 0 {
      let verb = tally.unblamed == 1 ? "happens" : "happen"
      let faults = plan.faults.faults.count == 1 ? "fault" : "faults"
      lines.append(
        "\(tally.unblamed.of("failure")) \(verb) without the \(faults) as well: not counted")
    }
    if let claim { lines.append(claim) }
    if failures.isEmpty, elapsed >= Self.warningTime, plan.diligence != .atRest {
      for milestone in missing { lines.append("warning: never happened: \(milestone.summary)") }
    }
    if let signal = Signals.cause { lines.append("ended by \(signal)") }
    return lines.joined(separator: "\n")
  }

  /// The same as data.
  struct Record: Codable {
    struct Failure: Codable {
      let law: String
      let evidence: String
    }
    let version: String
    let seed: String
    let threads: Int
    let workload: String
    let revision: String
    let faults: [String]
    let rounds: Int
    /// Requests for memory that were made to fail; nil unless each was.
    let refusals: Int?
    let commands: UInt64
    let checks: UInt64
    let seconds: Double
    let failures: [Failure]
    /// Failures that happened without the faults as well; nil if none was switched on.
    let failuresWithoutFaults: Int?
    let discovery: Discovery?
    let minimalCommands: Int?
    let minimalSwitches: Int?
    let rareStatesReached: [String]
    let rareStatesMissing: [String]
    let peakMemoryBytes: Int
    let status: Int32
  }

  var record: Record {
    Record(
      version: Stress.version, seed: "\(plan.seed)", threads: plan.threads,
      workload: plan.workload.name, revision: plan.revision.name,
      faults: plan.faults.faults.map(\.name), rounds: tally.rounds,
      refusals: plan.failsEach ? tally.refusals : nil, commands: tally.commands,
      checks: tally.checks,
      seconds: elapsed / .seconds(1),
      failures: failures.map { Record.Failure(law: $0.law, evidence: $0.evidence) },
      failuresWithoutFaults: plan.faults.isEmpty ? nil : tally.unblamed, discovery: discovery,
      minimalCommands: minimalCommands, minimalSwitches: minimalSwitches,
      rareStatesReached: Milestone.allCases.filter(tally.milestones.contains).map { "\($0)" },
      rareStatesMissing: missing.map { "\($0)" }, peakMemoryBytes: Int(PeakMemory.bytes),
      status: status.rawValue)
  }
}
