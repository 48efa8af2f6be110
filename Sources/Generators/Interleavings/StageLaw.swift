import Synchronization

/// What an execution broke, where all that judges finds it.
final class BrokenLaw: @unchecked Sendable {
  @exclusivity(unchecked) private(set) var finding: Finding?
  /// Whether there is a finding.
  let word = UnsafeMutablePointer<Atomic<Bool>>.allocate(capacity: 1)

  init() { word.initialize(to: Atomic(false)) }

  deinit { word.deallocate() }

  func note(_ finding: Finding) {
    self.finding = finding
    word.pointee.store(true, ordering: .relaxed)
  }

  func forget() {
    if finding != nil { finding = nil }
    word.pointee.store(false, ordering: .relaxed)
  }
}

/// The names of what the stage itself judges.
enum StageLaw {
  static let linearisable = "the calls have an order"
  static let deadlock = "nobody waits for ever"
  static let lostWakeUp = "nobody misses a signal"
  static let livelock = "all calls come to an end"
  static let lockOrder = "locks are taken in one order"
  static let locksAreGivenBack = "locks are given back"
  static let initial = "the initial part comes to an end"
}

extension Conductor {
  /// The policy that decided the last execution, as a report names it.
  var finder: String { isPolicyAsked ? policy.finder : "replay" }

  /// What it is called that nobody goes on.
  func stuckFinding(_ evidence: String, _ names: StageNames) -> Finding {
    if steps > stepLimit { return Finding(law: StageLaw.livelock, evidence: evidence) }
    return Finding(
      law: restingPlaces.contains(where: names.isSignalled)
        ? StageLaw.lostWakeUp : StageLaw.deadlock, evidence: evidence)
  }

  /// Where actors rest.
  var restingPlaces: [Int] { (0..<actorCount).map { resting[$0] }.filter { $0 >= 0 } }
}

extension CarrierKind {
  /// A carrier whose executions can be given up.
  func carrier(giveable cpus: Int) -> any Carrier {
    self == .dispatch
      ? DispatchCarrier(cpus: cpus, carriesFirst: false) : carrier(cpus: cpus)
  }
}
