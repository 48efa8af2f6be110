import Generators
import IOVA
import Invariants

/// What a run is to do, with all names resolved.
struct RunPlan {
  var threads: Int
  var seed: Seed
  var time: Duration?
  var rounds: Int?
  var mode: RunMode
  /// What chooses the interleavings; nil for the usual mix.
  var policy: Policy?
  var workload: Workload
  var revision: Revision
  var faults: FaultSet
  var diligence: LawBook.Diligence
  /// Whether each request for memory of a program fails once.
  var failsEach: Bool
  /// Laws whose violation is ignored.
  var exceptions: Set<Law>
  var json: String?
  var cases: String?
  var timeline: String?
  var quiet: Bool

  /// Commands of a program on threads; enough that starting and stopping the threads costs little.
  static let commandsPerThread: UInt64 = 1024

  /// - Precondition: The names are known; the parser has checked them.
  init(_ options: RunOptions, seed: Seed) {
    threads = options.threads
    self.seed = seed
    time = options.time
    rounds = options.rounds
    mode = options.mode ?? .both
    policy = options.policy.flatMap(Policy.init(rawValue:))
    workload = options.workload.flatMap(Workload.named) ?? .everything
    revision = options.revision.flatMap(Revision.named) ?? .current
    faults = FaultSet(options.faults.compactMap(Fault.named))
    diligence =
      switch options.laws {
      case .everyRelease: .every
      case .sampled(let interval): .sampled(interval)
      case .atRest: .atRest
      }
    failsEach = options.failsEach
    exceptions = Set(options.except.compactMap(Law.named))
    json = options.json
    cases = options.cases
    timeline = options.timeline
    quiet = options.quiet
  }

  /// The seed of a round; the first round's is the run's own, so that any round can be repeated
  /// alone.
  func seed(ofRound round: Int) -> Seed { round == 1 ? seed : seed.derived(UInt64(round)) }

  /// Draws programs: of any number of CPUs for one thread, else of one CPU for each thread.
  var generator: ProgramGenerator {
    ProgramGenerator(
      workload, revision: revision, faults: faults, cpus: threads == 1 ? nil : threads,
      length: threads == 1 ? nil : UInt64(threads) * Self.commandsPerThread)
  }

  /// Draws programs whose CPUs are interleaved by choice: short ones, on two or three CPUs.
  var controlledGenerator: ProgramGenerator {
    var workload = workload
    workload.lengths = Self.controlledLengths
    return ProgramGenerator(
      workload, revision: revision, faults: faults, cpus: controlledCPUs)
  }

  /// The CPUs of an interleaved program.
  var controlledCPUs: Int { min(threads, Self.mostControlledCPUs) }

  static let controlledLengths: [UInt64] = [4, 8, 16, 32]
  static let mostControlledCPUs = 3

  /// The same with everything judged, so that making a failure minimal misses nothing.
  var judgingEverything: RunPlan {
    var plan = self
    plan.diligence = .every
    return plan
  }

  /// The same on one thread.
  var inOrder: RunPlan {
    var plan = self
    plan.threads = 1
    return plan
  }

  /// The options that reproduce the same programs, as typed.
  var optionsText: String {
    var words: [String] = []
    if threads > 1, mode != .both { words.append("--mode \(mode.rawValue)") }
    if threads > 1, mode != .free, let policy { words.append("--policy \(policy)") }
    if workload.name != Workload.everything.name { words.append("--workload \(workload.name)") }
    if revision.name != Revision.current.name { words.append("--revision \(revision.name)") }
    if !faults.isEmpty {
      words.append("--fault " + faults.faults.map(\.name).joined(separator: ","))
    }
    if failsEach { words.append("--fail-each") }
    if !exceptions.isEmpty {
      let laws = Law.all.filter(exceptions.contains)
      words.append("--except " + laws.map(\.id).joined(separator: ","))
    }
    return words.map { " " + $0 }.joined()
  }
}
