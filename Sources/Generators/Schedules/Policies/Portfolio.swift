/// Draws a policy for each execution, or enumerates by itself where that is cheap enough.
///
/// No policy finds every bug soonest, so each gets a share. A program whose orders are few is
/// enumerated instead; the next `begin` with another plan looks at that one afresh.
///
/// Policies keep their memory from execution to execution.
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
  public static let usualShares = Policy.table.filter { $0.share > 0 }
    .map { Share(Policy($0.name), $0.share) }
  /// Programs with fewer orders are enumerated: two seconds' worth.
  public static let exhaustiveLimit: UInt64 = 5_000_000

  /// Who makes the present execution.
  public var policy: Policy { decider == .exhaustive ? .exhaustive : shares[share].policy }
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

  /// Who decides in the present execution.
  private enum Decider { case drawn, exhaustive, replay }

  private var decider = Decider.drawn
  /// Which share it has.
  private var share = 0
  /// By share, the policy; nil for one that does not draw.
  private var drawn: [DrawnPolicy?]
  /// The one that draws in the present execution.
  private var present: Unmanaged<DrawnPolicy>?

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
    drawn = shares.map { share in
      Policy.table.first { $0.name == share.policy.rawValue }?.make(depths)
    }
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
  public var isComplete: Bool { decider == .exhaustive && exhaustive.isComplete }

  /// Whether all executions follow one schedule.
  let onlyReplays: Bool

  /// How deep the present execution looks, if its policy bounds what it can miss.
  public var depth: Int? {
    decider == .drawn ? present?._withUnsafeGuaranteedRef { $0.bugDepth } : nil
  }

  /// Whether the policy of the present execution looks at what steps did.
  var wantsFootprints: Bool {
    switch decider {
    case .drawn: present?._withUnsafeGuaranteedRef { $0.wantsFootprints } ?? false
    case .exhaustive: true
    case .replay: false
    }
  }

  /// Whether all orders are tried one after the other.
  var isEnumerating: Bool { decider == .exhaustive }

  /// Who made the present execution, how deep it looked and within which bound if that says
  /// something, and whether every order was tried. `mutating`, so that nobody copies all policies.
  mutating func summary() -> (policy: Policy, depth: Int?, preemptions: Int?, isComplete: Bool) {
    (policy, depth, isEnumerating ? exhaustive.preemptions : nil, isComplete)
  }

  /// Begins afresh with the next execution, even if its plan is that of the one before.
  public mutating func forget() { plan = nil }

  /// Who makes the present execution, as a report names it: `pct of depth 4`.
  public var finder: String {
    policy.finder(depth: depth, preemptions: isEnumerating ? exhaustive.preemptions : nil)
  }

  public mutating func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    if plan != self.plan { adopt(plan) }
    taken = 0
    if isExhaustive, mayEnumerate {
      decider = .exhaustive
      return exhaustive.begin(plan, drawing: &source)
    }
    share = drawShare(from: &source)
    guard drawn[share] != nil else {
      decider = onlyReplays ? .replay : .exhaustive
      return onlyReplays
        ? replay.begin(plan, drawing: &source) : exhaustive.begin(plan, drawing: &source)
    }
    decider = .drawn
    present = drawn[share].map { .passUnretained($0) }
    present?._withUnsafeGuaranteedRef { $0.begin(plan, drawing: &source) }
  }

  /// Is told that the present execution came to its end and nothing was wrong; only such ones count
  /// for the claim.
  public mutating func passed() {
    if let depth { claim.count(depth: depth, steps: taken) }
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

  private func drawShare(from source: inout ChoiceSource) -> Int {
    guard shares.count > 1 else { return 0 }
    var left = source.choose(below: weights)
    for (number, share) in shares.enumerated() {
      if left < share.weight { return number }
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
    switch decider {
    case .drawn:
      return present.unsafelyUnwrapped._withUnsafeGuaranteedRef {
        $0.next(
          having: step, of: runnable, after: current, pending: pending, drawing: &source)
      }
    case .exhaustive:
      if let step { exhaustive.ran(step) }
      return exhaustive.next(of: runnable, after: current, pending: pending, drawing: &source)
    case .replay:
      return replay.next(of: runnable, after: current, pending: pending, drawing: &source)
    }
  }

  public mutating func ran(_ step: Step) {
    taken &+= 1
    switch decider {
    case .drawn: present?._withUnsafeGuaranteedRef { $0.ran(step) }
    case .exhaustive: exhaustive.ran(step)
    case .replay: break
    }
  }

  public mutating func deadlocked(pending: Span<Step>) {
    if decider == .exhaustive { exhaustive.deadlocked(pending: pending) }
  }
}
