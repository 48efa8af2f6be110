/// What PCT executions of many programs, each drawn anew, let one say about the bugs that they did
/// not find.
///
/// A claim about one program (`BugDepthClaim`) needs many executions of it. Here each execution is
/// of another program, so what can be bounded is the share of programs that have such a bug. Let q
/// be the probability that a drawn program of n CPUs and at most k planned steps, which never takes
/// more than planned, has a bug of depth d. An execution of depth e ≥ d then shows one with a
/// probability of at least q/(n·k^(e−1)) (Burckhardt et al., ASPLOS 2010), independently of the
/// others, and all miss it with at most the product of 1 − q/(n·k^(e−1)), which is at most
/// exp(−q·S), S the sum of all 1/(n·k^(e−1)). So a q of at least ln(100)/S would have been missed
/// with a probability of at most 1 %. Programs of more steps count as executions and are not among
/// those that are claimed of, so nothing depends on which were drawn.
///
/// ```swift
/// var claim = BuggyShareClaim(cpus: 4)
/// claim.count(depth: 2, steps: 12, planned: 20, runs: 100_000)
/// assert(claim.programs(perBugOfDepth: 2) == 84)
/// assert(claim.programs(perBugOfDepth: 3) == nil)
/// ```
public struct BuggyShareClaim: Sendable, Equatable {
  /// The steps of the programs that are claimed of, at most; fixed before anything is drawn.
  public static let steps = 64
  /// The natural logarithm of 100, rounded up.
  private static let logarithmOf100 = 4.6052

  /// How many CPUs the programs have at most.
  public let cpus: Int
  /// By depth.
  private var counts: [UInt64] = []
  /// Executions of programs that are claimed of, as far as that showed.
  private var eligible: UInt64 = 0

  /// A claim without any executions.
  public init(cpus: Int) { self.cpus = max(1, cpus) }

  /// The executions that found nothing.
  public var runs: UInt64 { counts.reduce(0, +) }

  /// Notes executions of one depth that found nothing.
  /// - Parameters:
  ///   - steps: how many steps were taken.
  ///   - planned: among how many the changes were drawn.
  public mutating func count(depth: Int, steps: Int, planned: Int, runs: UInt64 = 1) {
    precondition(depth >= 1 && depth <= Priority.greatestDepth, "there is no depth \(depth)")
    while counts.count <= depth { counts.append(0) }
    counts[depth] += runs
    if steps <= planned, planned <= Self.steps { eligible += runs }
  }

  /// Adds the executions of another claim.
  public mutating func add(_ other: BuggyShareClaim) {
    precondition(cpus == other.cpus, "claims about programs of different sizes")
    while counts.count < other.counts.count { counts.append(0) }
    for depth in other.counts.indices { counts[depth] += other.counts[depth] }
    eligible += other.eligible
  }

  /// A number N such that, if one in N programs had a bug of this depth, all executions would have
  /// missed them with a probability of at most 1 %; nil if nothing follows.
  public func programs(perBugOfDepth depth: Int) -> UInt64? {
    precondition(depth >= 1, "no bug has a depth below 1")
    var sum = 0.0
    for own in counts.indices where own >= depth && counts[own] > 0 {
      var chance = (1 / Double(cpus)).nextDown
      for _ in 1..<own { chance = (chance / Double(Self.steps)).nextDown }
      sum = (sum + (Double(counts[own]) * chance).nextDown).nextDown
    }
    // A share below one half says more than that not every program has a bug.
    let programs = (sum / Self.logarithmOf100).nextDown
    return programs >= 2 ? UInt64(min(programs, 1e15)) : nil
  }
}

extension BuggyShareClaim: CustomStringConvertible {
  /// What follows, in lines of at most 100 columns; empty if nothing does.
  public var description: String {
    let claims = (2...Priority.usualDepths.upperBound).compactMap { depth in
      programs(perBugOfDepth: depth).map {
        "\n  a bug of depth \(depth) in 1 of \($0.grouped) programs or more would have shown"
      }
    }
    guard !claims.isEmpty else { return "" }
    return "\(runs.of("PCT execution")) found nothing; with 99 % certainty, of programs of up to "
      + "\(Self.steps) steps:" + claims.joined()
  }
}
