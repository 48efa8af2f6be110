/// What independent PCT runs of one program let one say about the bugs they did not find.
///
/// A run of depth d, with n CPUs and k steps, misses a bug of depth d or less with a probability
/// of at most 1 − 1/(n·k^(d−1)) (Burckhardt et al., ASPLOS 2010), so N runs all miss it with at
/// most the N-th power. A run of a smaller depth than the bug's promises nothing of it. One of a
/// larger depth counts with its own, smaller bound: a bug of depth 3 is one of depth 4 as well.
///
/// It never says too much: runs longer than planned are left out, since their change points could
/// not lie everywhere, and rounding makes a miss likelier, never less likely.
///
/// ```swift
/// var claim = BugDepthClaim(ExecutionPlan(steps: [25, 25, 25]))
/// claim.count(depth: 3, steps: 75, runs: 1_000_000)
/// assert(claim.missProbability(ofDepth: 3) < 1e-25)
/// assert(claim.missProbability(ofDepth: 4) == 1)
/// ```
public struct BugDepthClaim: Sendable, Equatable {
  /// How many CPUs there are; also those without steps, since PCT draws an order of all.
  public let cpus: Int
  /// How many steps they take at most.
  public let steps: Int
  /// Runs that were longer than planned, and so prove nothing.
  public private(set) var overrun: UInt64 = 0
  /// By depth.
  private var counts: [UInt64] = []

  /// A claim about one program, without any runs.
  public init(_ plan: ExecutionPlan) {
    cpus = max(1, plan.cpus)
    steps = max(1, plan.total)
  }

  /// The runs that count.
  public var runs: UInt64 { counts.reduce(0, +) }

  /// Notes runs of one depth that found nothing.
  /// - Parameter steps: How many steps each took.
  public mutating func count(depth: Int, steps: Int, runs: UInt64 = 1) {
    precondition(depth >= 1 && depth <= Priority.greatestDepth, "there is no depth \(depth)")
    guard steps <= self.steps else {
      overrun += runs
      return
    }
    while counts.count <= depth { counts.append(0) }
    counts[depth] += runs
  }

  /// The most that the probability can be of a bug of this depth having been missed by all runs.
  public func missProbability(ofDepth depth: Int) -> Double {
    precondition(depth >= 1, "no bug has a depth below 1")
    var miss = 1.0
    for own in counts.indices where own >= depth && counts[own] > 0 {
      let one = Self.upwards(1 - chance(ofDepth: own))
      miss = Self.upwards(miss * Self.power(one, counts[own]))
    }
    return miss
  }

  /// The greatest depth up to which a bug would have been missed with at most this probability; 0
  /// if there is none.
  public func depth(missedBelow bound: Double = 0.01) -> Int {
    var depth = 0
    while depth < Priority.greatestDepth, missProbability(ofDepth: depth + 1) <= bound {
      depth += 1
    }
    return depth
  }

  /// 1/(n·k^(d−1)), rounded down.
  private func chance(ofDepth depth: Int) -> Double {
    var chance = (1 / Double(cpus)).nextDown
    for _ in 1..<max(1, depth) { chance = (chance / Double(steps)).nextDown }
    return max(0, chance)
  }

  private static func upwards(_ value: Double) -> Double { min(1, value.nextUp) }

  private static func power(_ base: Double, _ exponent: UInt64) -> Double {
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = upwards(result * square) }
      square = upwards(square * square)
      rest >>= 1
    }
    return result
  }
}

extension BugDepthClaim: CustomStringConvertible {
  /// What holds, for each depth for which anything does, and where it ends.
  public var description: String {
    let shown = depth()
    let setting = "\(runs) PCT runs of \(cpus) CPUs and \(steps) steps"
    guard shown > 0 else { return "\(setting): nothing is claimed of any depth" }
    let claims = (1...shown).map { depth in
      "a bug of depth \(depth) was missed with a probability of at most "
        + Self.short(missProbability(ofDepth: depth))
    }
    return ([setting + ":"] + claims + ["of deeper bugs nothing is claimed"])
      .joined(separator: "\n  ")
  }

  /// One digit of the mantissa, rounded up: `3e-26`.
  private static func short(_ probability: Double) -> String {
    var exponent = 0
    var mantissa = probability
    while mantissa < 1 {
      mantissa *= 10
      exponent += 1
    }
    let digit = Int(mantissa.rounded(.up))
    return digit == 10 ? "1e-\(exponent - 1)" : "\(digit)e-\(exponent)"
  }
}
