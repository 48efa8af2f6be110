/// At each step any CPU that can run, in proportion to the steps it still has to take.
///
/// If nothing blocks and the plan is exact, all interleavings are equally likely, however unequal
/// the CPUs are: of those that start with CPU c a share of remaining(c) / remaining(all) exists.
/// URW in Zhao et al., "Selectively Uniform Concurrency Testing" (ASPLOS 2025).
///
/// Differs in one way: (1) the paper counts steps in a profiling run; here the plan says them, and
/// a CPU that takes more than planned weighs as if one was left.
public final class WeightedWalk: DrawnPolicy, @unchecked Sendable {
  /// By CPU, the steps it has left, at least 1.
  private let weights = PerCPU(1)

  /// A weighted walk.
  override public init() {}

  override public func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    for (cpu, steps) in plan.steps.enumerated() { weights[cpu] = max(1, steps) }
  }

  override public func next(
    having step: Step?, of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    if let step { ran(step) }
    let start = current ?? 0
    guard runnable.hasSeveral else { return runnable.first(from: start) }
    var total = 0
    for cpu in runnable { total &+= weights[cpu] }
    var left = Int(source.choose(below: UInt64(total)))
    for cpu in runnable.around(from: start) {
      left &-= weights[cpu]
      if left < 0 { return cpu }
    }
    preconditionFailure("a weight changed while it was drawn by")
  }

  override public func ran(_ step: Step) {
    if weights[step.cpu] > 1 { weights[step.cpu] &-= 1 }
  }
}

extension Policy {
  /// Any CPU that can run, weighted by its remaining steps.
  public static let urw = Policy("urw")
}
