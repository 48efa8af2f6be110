/// Every order of the steps once, execution by execution, except where the order does not matter.
///
/// Depth first, and stateless: each execution follows the path of the one before up to the deepest
/// point that has something left, so a program must do the same again (Godefroid, "Model Checking
/// for Programming Languages Using VeriSoft", POPL 1997). Where two steps of an execution conflict
/// and nothing orders them, the other order is tried as well, unless something that leads to it is
/// tried anyway (Flanagan and Godefroid, "Dynamic Partial-Order Reduction for Model Checking
/// Software", POPL 2005; with source sets, Abdulla et al., "Optimal Dynamic Partial Order
/// Reduction", POPL 2014). Sleep sets leave out all but
/// one of the orders that differ in neighbours without conflict (Godefroid, "Partial-Order Methods
/// for the Verification of Concurrent Systems", LNCS 1032, 1996): what one branch has tried sleeps
/// in the later ones until a step conflicts with it.
///
/// Differs in four ways: (1) whether two steps conflict is asked after they ran, when it is known
/// what they did; (2) an execution is cut off once all that can run sleeps: `redundant` counts
/// those; (3) with a bound on preemptions every order within it is tried and nothing sleeps,
/// because the one order that is kept of many may be one above the bound (Coons, Musuvathi and
/// McKinley, "Bounded Partial-Order Reduction", OOPSLA 2013). The bound is that of Musuvathi and
/// Qadeer, "Iterative Context Bounding" (PLDI 2007): a switch away from a CPU that could go on is a
/// preemption; (4) where it matters which calls had ended before others began, one that begins
/// before another ends is tried the other way round as well, not the reverse, since what holds of
/// more orders of calls holds of fewer: calls end as early and begin as late as they can, so the
/// steps at the edges of a call are taken with its first and its last one that others can notice.
///
/// Nothing is drawn.
public struct Exhaustive: Scheduler, Sendable {
  /// The most preemptions in an execution; nil for any number.
  public let preemptions: Int?
  /// Executions begun.
  public private(set) var begun: UInt64 = 0
  /// Executions cut off because all that could follow was seen before.
  public private(set) var redundant: UInt64 = 0
  /// Whether an execution ended on the path of the one before, or other CPUs could run there: the
  /// program does not repeat itself, so nothing is proved.
  public private(set) var hasDiverged = false
  /// Whether the next execution is the present one once more.
  public var isReplaying = false

  /// A point of the present path at which a CPU was chosen.
  private struct Node {
    var cpu: Int
    let runnable: CPUSet
    /// What is still to be tried.
    var untried: CPUSet
    /// What was tried here or before, and need not come next.
    var asleep: CPUSet
    let preemptions: Int
    /// Who ran before, if it could have gone on.
    let preempted: Int?
    /// The point whose step the one here belongs to; its own if to none.
    let head: Int
  }

  /// Whether a call began in the last step, and nothing else was done.
  private var opensCall = false
  private var path: [Node] = []
  private var depth = 0
  private var order = StepOrder()

  /// An enumeration that has not begun.
  public init(preemptions: Int? = nil) { self.preemptions = preemptions }

  /// Executions that are not redundant, the present one included.
  public var executions: UInt64 { begun - redundant }

  /// Whether no execution is left, once the present one has ended.
  public var isComplete: Bool {
    begun > 0 && !hasDiverged && depth == path.count && path.allSatisfy(\.untried.isEmpty)
  }

  /// Forgets all; for another program.
  public mutating func reset() {
    begun = 0
    redundant = 0
    hasDiverged = false
    depth = 0
    path.removeAll(keepingCapacity: true)
  }

  /// Goes back to the deepest point with something left; starts over if there is none.
  public mutating func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    if depth < path.count { hasDiverged = true }
    if !isReplaying { turn() }
    isReplaying = false
    depth = 0
    opensCall = false
    order.begin(cpus: plan.cpus, keeping: max(path.count - 1, 0))
  }

  private mutating func turn() {
    begun += 1
    while let node = path.last {
      if !node.untried.isEmpty { break }
      path.removeLast()
    }
    guard let node = path.last else { return }
    let cpu = node.untried.first(from: node.cpu)
    path[path.count - 1].asleep.insert(node.cpu)
    path[path.count - 1].untried.remove(cpu)
    path[path.count - 1].cpu = cpu
  }

  public mutating func next(
    of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    if depth == path.count {
      guard open(runnable, current, pending) else {
        redundant += 1
        return nil
      }
    }
    guard runnable == path[depth].runnable else {
      hasDiverged = true
      return nil
    }
    depth += 1
    return path[depth - 1].cpu
  }

  public mutating func ran(_ step: Step) {
    guard depth > 0, preemptions == nil else { return }
    order.ran(step, at: depth - 1)
    for race in order.races { turn(race) }
    let head = path[depth - 1].head
    if head < depth - 1 { order.join(depth - 1, to: head) }
    // What comes before the first thing that others can notice in a call belongs to that.
    opensCall = step.part == .begins && step.resource == .none
  }

  /// Looks for the races of a step that waits, or that sleeps where the execution is cut off.
  private mutating func lookAhead(_ step: Step) {
    order.look(at: step, path.count)
    for race in order.races { turn(race) }
  }

  public mutating func deadlocked(pending: Span<Step>) {
    guard preemptions == nil else { return }
    for cpu in pending.indices { lookAhead(pending[cpu]) }
  }

  /// Has the other order of two steps be tried, which begins where the earlier one was chosen,
  /// unless something was or will be tried there that leads to it.
  private mutating func turn(_ race: StepOrder.Race) {
    let head = path[race.index].head
    let node = path[head]
    var covered = node.asleep.bits | node.untried.bits
    covered |= 1 << UInt64(node.cpu)
    guard race.initials.bits & covered == 0 else { return }
    let ready = race.initials.bits & node.runnable.bits
    let wanted = ready != 0 ? ready & (0 &- ready) : node.runnable.bits & ~covered
    path[head].untried = CPUSet(bits: node.untried.bits | wanted)
  }

  /// Adds a point to the path.
  /// - Returns: Whether there is anything worth doing at it.
  private mutating func open(
    _ runnable: CPUSet, _ current: Int?, _ pending: Span<Step>
  ) -> Bool {
    let preempted = current.flatMap { runnable.contains($0) ? $0 : nil }
    let spent = path.last.map(cost) ?? 0
    let asleep = preemptions == nil ? sleepers() : CPUSet()
    var open = runnable.subtracting(asleep)
    if let preempted, let preemptions, spent >= preemptions { open = [preempted] }
    var head = path.count
    if preemptions == nil, let preempted, let last = path.last,
      opensCall || pending[preempted].part.contains(.follows)
    {
      open = [preempted]
      head = last.head
    }
    guard !open.isEmpty else {
      // What sleeps will not run any more, and may have raced all the same.
      for cpu in asleep { lookAhead(order.footprint(of: cpu, at: path.count)) }
      return false
    }
    let cpu = open.first(from: current ?? 0)
    open.remove(cpu)
    if preemptions == nil {
      for waiting in pending.indices
      where pending[waiting].resource != .none && !runnable.contains(waiting) {
        lookAhead(pending[waiting])
      }
    }
    if preemptions == nil { order.open(path.count, runnable) }
    path.append(
      Node(
        cpu: cpu, runnable: runnable, untried: preemptions == nil ? CPUSet() : open,
        asleep: asleep, preemptions: spent, preempted: preempted, head: head))
    return true
  }

  /// The preemptions up to a point and at it.
  private func cost(_ node: Node) -> Int {
    let isPreemption = node.preempted != nil && node.preempted != node.cpu
    return node.preemptions + (isPreemption ? 1 : 0)
  }

  /// What sleeps at the next new point: of what slept at the last one, all that the step taken
  /// there did not conflict with.
  private mutating func sleepers() -> CPUSet {
    guard let last = path.last else { return CPUSet() }
    let index = path.count - 1
    var asleep = CPUSet()
    for cpu in last.asleep where !order.conflict(cpu, last.cpu, at: index) {
      asleep.insert(cpu)
      order.carry(cpu, from: index)
    }
    return asleep
  }
}
