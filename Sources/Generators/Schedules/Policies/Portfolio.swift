/// Draws a policy for each execution, or enumerates by itself where that is cheap enough.
///
/// No policy finds every bug soonest, so each gets a share. A program whose orders are few is
/// enumerated instead; the next `begin` with another plan looks at that one afresh.
///
/// It is all policies in one struct rather than an enum of them, since they keep their memory from
/// execution to execution, and a payload cannot be changed in place.
public struct Portfolio: Scheduler, Sendable {
  /// How many of all executions a policy makes.
  public struct Share: Hashable, Sendable {
    /// What makes them.
    public var policy: Policy
    /// A positive number; what it is a part of is the sum.
    public var weight: UInt64

    /// A share.
    public init(_ policy: Policy, _ weight: UInt64) {
      self.policy = policy
      self.weight = weight
    }
  }

  /// What each has earned in comparison, the simplest first, so that choice 0 is serial.
  public static let usualShares = [
    Share(.serial, 5), Share(.random, 10), Share(.pos, 20), Share(.pct, 25), Share(.urw, 40),
  ]
  /// Programs with fewer orders are enumerated: two seconds' worth.
  public static let exhaustiveLimit: UInt64 = 5_000_000

  /// Who makes the present execution.
  public private(set) var policy = Policy.serial
  /// What the PCT runs of this plan that `passed` let one say.
  public private(set) var claim = BugDepthClaim(ExecutionPlan(steps: []))

  /// The enumeration, if there is one.
  public var exhaustive: Exhaustive
  /// The replay, if there is one.
  public private(set) var replay: Replay

  private let shares: [Share]
  private let weights: UInt64
  private let exhaustiveLimit: UInt64
  private var isExhaustive = false
  private var plan: ExecutionPlan?
  private var taken = 0

  private var serial = Serial()
  private var random = RandomWalk()
  private var weighted = WeightedWalk()
  private var priority: Priority
  private var partialOrder = PartialOrder()

  /// A mix of policies.
  /// - Parameters:
  ///   - exhaustiveLimit: The most orders that are enumerated; 0 for never.
  ///   - depths: What PCT draws from.
  ///   - preemptions: What bounds the enumeration.
  ///   - schedule: What `.replay` follows.
  public init(
    _ shares: [Share] = usualShares, exhaustiveLimit: UInt64 = Self.exhaustiveLimit,
    depths: ClosedRange<Int> = Priority.usualDepths, preemptions: Int? = nil,
    replaying schedule: Schedule = Schedule()
  ) {
    precondition(!shares.isEmpty, "a portfolio of nothing")
    precondition(shares.allSatisfy { $0.weight > 0 }, "a share of nothing")
    self.shares = shares
    onlyReplays = shares.count == 1 && shares[0].policy == .replay
    weights = shares.reduce(0) { $0 + $1.weight }
    self.exhaustiveLimit = exhaustiveLimit
    priority = Priority(depths: depths)
    exhaustive = Exhaustive(preemptions: preemptions)
    replay = Replay(schedule)
  }

  /// One policy and no other.
  public init(
    only policy: Policy, depths: ClosedRange<Int> = Priority.usualDepths, preemptions: Int? = nil,
    replaying schedule: Schedule = Schedule()
  ) {
    self.init(
      [Share(policy, 1)], exhaustiveLimit: 0, depths: depths, preemptions: preemptions,
      replaying: schedule)
  }

  /// Whether every order of the present plan was tried, once the present execution has ended: then
  /// nothing is left to be found.
  public var isComplete: Bool { policy == .exhaustive && exhaustive.isComplete }

  /// Whether all executions follow one schedule.
  let onlyReplays: Bool

  /// The depth of the present execution, if PCT makes it.
  public var depth: Int? { policy == .pct ? priority.depth : nil }

  /// Who made the present execution, how deep PCT looked if it did, and whether every order was
  /// tried. `mutating`, so that nobody copies all policies for it.
  mutating func summary() -> (policy: Policy, depth: Int?, isComplete: Bool) {
    (policy, depth, isComplete)
  }

  /// Begins afresh with the next execution, even if its plan is that of the one before.
  public mutating func forget() { plan = nil }

  /// Who makes the present execution, as a report names it: `pct of depth 4`.
  public var finder: String {
    switch policy {
    case .pct: return "\(policy) of depth \(priority.depth)"
    case .exhaustive:
      guard let bound = exhaustive.preemptions else { return "\(policy)" }
      return "\(policy) up to \(bound) preemptions"
    default: return "\(policy)"
    }
  }

  public mutating func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    if plan != self.plan { adopt(plan) }
    taken = 0
    policy = isExhaustive && mayEnumerate ? .exhaustive : drawn(from: &source)
    switch policy {
    case .serial: serial.begin(plan, drawing: &source)
    case .random: random.begin(plan, drawing: &source)
    case .pos: partialOrder.begin(plan, drawing: &source)
    case .pct: priority.begin(plan, drawing: &source)
    case .urw: weighted.begin(plan, drawing: &source)
    case .exhaustive: exhaustive.begin(plan, drawing: &source)
    case .replay: replay.begin(plan, drawing: &source)
    }
  }

  /// Is told that the present execution came to its end and nothing was wrong; only such ones count
  /// for the claim.
  public mutating func passed() {
    if policy == .pct { claim.count(depth: priority.depth, steps: taken) }
  }

  /// Whether orders are left to be enumerated, or the last one is wanted again; a plan that was not
  /// exact may have more of them than it seemed.
  private var mayEnumerate: Bool {
    if exhaustive.isReplaying { return true }
    return !exhaustive.hasDiverged && exhaustive.begun < exhaustiveLimit && !exhaustive.isComplete
  }

  private mutating func adopt(_ plan: ExecutionPlan) {
    self.plan = plan
    claim = BugDepthClaim(plan)
    exhaustive.reset()
    isExhaustive = exhaustiveLimit > 0 && plan.interleavings(upTo: exhaustiveLimit - 1) != nil
  }

  private func drawn(from source: inout ChoiceSource) -> Policy {
    guard shares.count > 1 else { return shares[0].policy }
    var left = source.choose(below: weights)
    for share in shares {
      if left < share.weight { return share.policy }
      left -= share.weight
    }
    preconditionFailure("the shares are more than their sum")
  }

  public mutating func next(
    of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    next(having: nil, of: runnable, after: current, pending: pending, drawing: &source)
  }

  /// `ran`, if there was a step, and `next` in one.
  @inline(__always)
  mutating func next(
    having step: Step?, of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    if step != nil { taken &+= 1 }
    return switch policy {
    case .serial: serial.next(having: step, runnable, current, pending, &source)
    case .random: random.next(having: step, runnable, current, pending, &source)
    case .pos: partialOrder.next(having: step, runnable, current, pending, &source)
    case .pct: priority.next(having: step, runnable, current, pending, &source)
    case .urw: weighted.next(having: step, runnable, current, pending, &source)
    case .exhaustive: exhaustive.next(having: step, runnable, current, pending, &source)
    case .replay: replay.next(having: step, runnable, current, pending, &source)
    }
  }

  public mutating func ran(_ step: Step) {
    taken &+= 1
    switch policy {
    case .serial: serial.ran(step)
    case .random: random.ran(step)
    case .pos: partialOrder.ran(step)
    case .pct: priority.ran(step)
    case .urw: weighted.ran(step)
    case .exhaustive: exhaustive.ran(step)
    case .replay: replay.ran(step)
    }
  }

  public mutating func deadlocked(pending: Span<Step>) {
    if policy == .exhaustive { exhaustive.deadlocked(pending: pending) }
  }
}

extension Scheduler {
  @inline(__always)
  fileprivate mutating func next(
    having step: Step?, _ runnable: CPUSet, _ current: Int?, _ pending: Span<Step>,
    _ source: inout ChoiceSource
  ) -> Int? {
    if let step { ran(step) }
    return next(of: runnable, after: current, pending: pending, drawing: &source)
  }
}
