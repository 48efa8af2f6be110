/// A policy that draws, whichever: one call through a table a step, and nothing else.
///
/// A class each, and no generic one around them all, whose methods would have to look up everything
/// that the policy does. What it remembers serves one execution at a time.
public class DrawnPolicy: Scheduler, @unchecked Sendable {
  init() {}

  /// Whether it looks at what steps did, or only at who took them.
  public var wantsFootprints: Bool { false }

  /// How deep it looks in the present execution, if that bounds what it can miss.
  public var bugDepth: Int? { nil }

  public func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {}

  /// Notes the last step, if there was one, and chooses who takes the next.
  public func next(
    having step: Step?, of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? { nil }

  /// Chooses who takes the next step.
  public final func next(
    of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    next(having: nil, of: runnable, after: current, pending: pending, drawing: &source)
  }

  public func ran(_ step: Step) {}
}
