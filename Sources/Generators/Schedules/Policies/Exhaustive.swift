/// Every order of the steps once, execution by execution, except where the order does not matter.
///
/// Depth first, and stateless: each execution follows the path of the one before up to the deepest
/// point that has something left, so a program must do the same again (Godefroid, "Model Checking
/// for Programming Languages Using VeriSoft", POPL 1997). Sleep sets leave out all but one of the
/// orders that differ in neighbours without conflict (Godefroid, "Partial-Order Methods for the
/// Verification of Concurrent Systems", LNCS 1032, 1996): what one branch has tried sleeps in the
/// later ones until a step conflicts with it.
///
/// Differs in two ways: (1) there are no persistent sets, so some executions are begun and cut off
/// once all that can run sleeps: `redundant` counts them, and steps of one lock cause none;
/// (2) with a bound on preemptions nothing sleeps, because the one order that is kept of many may
/// be one above the bound (Coons, Musuvathi and McKinley, "Bounded Partial-Order Reduction",
/// OOPSLA 2013). The bound is that of Musuvathi and Qadeer, "Iterative Context Bounding" (PLDI
/// 2007): a switch away from a CPU that could go on is a preemption.
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

  /// A point of the present path at which a CPU was chosen.
  private struct Node {
    var cpu: Int
    let runnable: CPUSet
    var untried: CPUSet
    /// What was tried here or before, and need not come next.
    var asleep: CPUSet
    let preemptions: Int
    /// Who ran before, if it could have gone on.
    let preempted: Int?
  }

  private var path: [Node] = []
  private var depth = 0
  /// What sleeps at the next new point.
  private var asleep = CPUSet()

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
    while let node = path.last {
      if !node.untried.isEmpty { break }
      path.removeLast()
    }
    if let node = path.last {
      let cpu = node.untried.first(from: node.cpu)
      path[path.count - 1].asleep.insert(node.cpu)
      path[path.count - 1].untried.remove(cpu)
      path[path.count - 1].cpu = cpu
    }
    begun += 1
    depth = 0
    asleep = CPUSet()
  }

  public mutating func next(
    of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    if depth == path.count {
      guard open(runnable, current) else {
        redundant += 1
        return nil
      }
    }
    let node = path[depth]
    guard runnable == node.runnable else {
      hasDiverged = true
      return nil
    }
    depth += 1
    if depth == path.count, preemptions == nil { awaken(after: node, pending) }
    return node.cpu
  }

  public mutating func ran(_ step: Step) {}

  /// Adds a point to the path.
  /// - Returns: Whether there is anything worth doing at it.
  private mutating func open(_ runnable: CPUSet, _ current: Int?) -> Bool {
    let preempted = current.flatMap { runnable.contains($0) ? $0 : nil }
    let spent = path.last.map(cost) ?? 0
    var open = runnable.subtracting(asleep)
    if let preempted, let preemptions, spent >= preemptions { open = [preempted] }
    guard !open.isEmpty else { return false }
    let cpu = open.first(from: current ?? 0)
    open.remove(cpu)
    path.append(
      Node(
        cpu: cpu, runnable: runnable, untried: open, asleep: asleep, preemptions: spent,
        preempted: preempted))
    return true
  }

  /// The preemptions up to a point and at it.
  private func cost(_ node: Node) -> Int {
    let isPreemption = node.preempted != nil && node.preempted != node.cpu
    return node.preemptions + (isPreemption ? 1 : 0)
  }

  /// Of what sleeps at a point, all that the chosen step does not conflict with sleeps on.
  private mutating func awaken(after node: Node, _ pending: Span<Step>) {
    asleep = CPUSet()
    for cpu in node.asleep where !pending[cpu].conflicts(with: pending[node.cpu]) {
      asleep.insert(cpu)
    }
  }
}
