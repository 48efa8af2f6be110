/// The CPU of highest priority runs, and at a few random steps the running one falls below all.
///
/// An execution of n CPUs and k steps shows a bug of depth d with a probability of at least
/// 1/(n·k^(d−1)): Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with
/// Probabilistic Guarantees of Finding Bugs" (PCT, ASPLOS 2010). `BugDepthClaim` sums up.
///
/// Differs in three ways: (1) the depth may be drawn anew for each execution, since one larger than
/// needed finds more in practice and one smaller finds nothing; (2) a change point is drawn as the
/// number of steps behind it, so that 0 is the end, where it changes nothing; (3) CPUs that wait
/// are not runnable here, so nothing is done about those that spin.
public final class Priority: DrawnPolicy, @unchecked Sendable {
  /// The depths that are drawn from unless said otherwise.
  public static let usualDepths = 2...6
  /// No depth is larger.
  public static let greatestDepth = 64

  /// The depths that are drawn from.
  public let depths: ClosedRange<Int>
  /// The depth of the present execution: one more than it has change points.
  @exclusivity(unchecked) public private(set) var depth = 0

  override public var bugDepth: Int? { depth }

  private struct Change {
    var step: Int
    var priority: Int
  }

  @exclusivity(unchecked) private var order = CPUOrder()
  /// By CPU; larger runs first.
  private let priorities = PerCPU(0)
  /// The last comes first.
  @exclusivity(unchecked) private var changes: [Change] = []
  @exclusivity(unchecked) private var taken = 0
  /// The step after which the next change comes; 0 if none is left.
  @exclusivity(unchecked) private var nextChange = 0

  /// A scheduler that draws from these depths.
  public init(depths: ClosedRange<Int> = usualDepths) {
    precondition(depths.lowerBound >= 1, "no bug has a depth below 1")
    precondition(depths.upperBound <= Self.greatestDepth, "a depth above \(Self.greatestDepth)")
    self.depths = depths
  }

  /// A scheduler of one depth.
  public convenience init(depth: Int) { self.init(depths: depth...depth) }

  override public func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    depth = depths.count > 1 ? source.choose(depths) : depths.lowerBound
    order.draw(plan.cpus, from: &source)
    for (place, cpu) in order.cpus.enumerated() { priorities[cpu] = depth + plan.cpus - place }
    taken = 0
    changes.removeAll(keepingCapacity: true)
    nextChange = 0
    let total = plan.total
    guard total > 0 else { return }
    for priority in stride(from: depth - 1, to: 0, by: -1) {
      let step = total - Int(source.choose(below: UInt64(total)))
      insert(Change(step: step, priority: priority))
    }
    nextChange = changes.last?.step ?? 0
  }

  /// Of two changes after one step the one drawn later, to the lower priority, comes last.
  private func insert(_ change: Change) {
    var place = changes.count
    changes.append(change)
    while place > 0, changes[place - 1].step <= change.step {
      changes[place] = changes[place - 1]
      place -= 1
    }
    changes[place] = change
  }

  override public func next(
    having step: Step?, of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    if let step { ran(step) }
    var best = runnable.first(from: 0)
    for cpu in runnable where priorities[cpu] > priorities[best] { best = cpu }
    return best
  }

  override public func ran(_ step: Step) {
    taken &+= 1
    if taken == nextChange { change(step.cpu) }
  }

  @inline(never)
  private func change(_ cpu: Int) {
    while let change = changes.last, change.step == taken {
      priorities[cpu] = change.priority
      changes.removeLast()
    }
    nextChange = changes.last?.step ?? 0
  }
}

extension Policy {
  /// Random priorities of CPUs, with a few changes.
  public static let pct = Policy("pct")
}
