import Generators
import Invariants

/// The results of a run.
struct RunSummary {
  let plan: RunPlan
  var rounds = 0
  /// Repeatable programs, and their requests for memory that were made to fail.
  var programs = 0
  var refusals = 0
  var commands: UInt64 = 0
  var checks: UInt64 = 0
  var elapsed = Duration.zero
  var milestones: Set<Milestone> = []
  var failures: [Finding] = []
  /// Failures that happened without the faults as well, which are ignored.
  var unblamed = 0
  /// What interleaved executions that found nothing let one claim about bugs; nil if nothing.
  var claim: String?
  /// How the failure was found; nil if nothing was.
  var discovery: Discovery?
  /// Commands and switches of the minimal failing program.
  var minimalCommands: Int?
  var minimalSwitches: Int?
  var status = ExitStatus.clean

  init(_ plan: RunPlan) { self.plan = plan }

  /// What should have happened now and then, but never did.
  private var missing: [Milestone] { Self.known(plan).filter { !milestones.contains($0) } }

  /// What can happen under the rules of the run.
  static func known(_ plan: RunPlan) -> [Milestone] {
    Milestone.allCases.filter { $0.isPossible(plan.revision) }
  }

  /// The time after which a milestone that was never reached is worth a warning.
  private static let warningTime = Duration.seconds(10)

  var text: String {
    let seconds = max(elapsed / .seconds(1), 0.001)
    var lines = [
      "\(rounds.of("round")), \(commands.of("command")) "
        + "(\(Int(Double(commands) / seconds).grouped)/s), \(checks.of("check")), "
        + "\(failures.count.of("law")) broken, in \(elapsed.clock)",
      "rare states reached: \(milestones.count) of \(Self.known(plan).count)",
    ]
    if plan.failsEach {
      lines.append(
        "\(programs.of("program")); \(refusals.of("request")) for memory failed, each once")
    }
    if unblamed > 0 {
      let verb = unblamed == 1 ? "happens" : "happen"
      let faults = plan.faults.faults.count == 1 ? "fault" : "faults"
      lines.append(
        "\(unblamed.of("failure")) \(verb) without the \(faults) as well: not counted")
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
      faults: plan.faults.faults.map(\.name), rounds: rounds,
      refusals: plan.failsEach ? refusals : nil, commands: commands, checks: checks,
      seconds: elapsed / .seconds(1),
      failures: failures.map { Record.Failure(law: $0.law, evidence: $0.evidence) },
      failuresWithoutFaults: plan.faults.isEmpty ? nil : unblamed, discovery: discovery,
      minimalCommands: minimalCommands, minimalSwitches: minimalSwitches,
      rareStatesReached: Milestone.allCases.filter(milestones.contains).map { "\($0)" },
      rareStatesMissing: missing.map { "\($0)" }, peakMemoryBytes: Int(PeakMemory.bytes),
      status: status.rawValue)
  }
}
