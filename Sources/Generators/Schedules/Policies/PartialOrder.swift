/// Each next step has a random priority; the best runs, and those it conflicts with draw anew.
///
/// Steps that touch nothing in common are never reordered in vain, so noise on private locks costs
/// nothing. Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling" (POS, CAV 2018).
///
/// Differs in three ways: (1) the lowest number runs first and ties stay on the CPU, so that choice
/// 0 is to stay; (2) a step that waits for a lock is among those that draw anew, but draws when it
/// can run; (3) where only one CPU can run nothing is drawn.
public final class PartialOrder: DrawnPolicy, @unchecked Sendable {
  override public var wantsFootprints: Bool { true }

  /// Priorities are 0 to this.
  static let lowestPriority = UInt64(UInt32.max)

  /// By CPU, of its next step.
  private let priorities = PerCPU<UInt64>(0)
  /// Whose next step has no priority yet.
  @exclusivity(unchecked) private var undrawn = CPUSet()
  @exclusivity(unchecked) private var last: Step?

  /// A partial-order sampler.
  override public init() {}

  override public func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    priorities.fill(plan.cpus, with: 0)
    undrawn = .first(plan.cpus)
    last = nil
  }

  override public func next(
    having step: Step?, of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    if let step { ran(step) }
    if let last {
      // The step after it on the same CPU.
      undrawn.insert(last.cpu)
      if last.resource != .none {
        for cpu in pending.indices where pending[cpu].conflicts(with: last) { undrawn.insert(cpu) }
      }
    }
    last = nil
    let start = current ?? 0
    guard runnable.hasSeveral else { return runnable.first(from: start) }
    var best: Int?
    for cpu in runnable.around(from: start) {
      if undrawn.contains(cpu) {
        undrawn.remove(cpu)
        priorities[cpu] = source.choose(upTo: Self.lowestPriority)
      }
      if let other = best, priorities[cpu] >= priorities[other] { continue }
      best = cpu
    }
    return best
  }

  override public func ran(_ step: Step) { last = step }
}

extension Policy {
  /// Random priorities of steps, drawn anew where steps conflict.
  public static let pos = Policy("pos")
}
