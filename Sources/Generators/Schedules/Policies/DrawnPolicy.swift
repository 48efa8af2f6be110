/// A policy that draws, whichever: one call through a table a step, and nothing else.
///
/// Belongs to one portfolio; another one that shares it makes a copy before it begins.
class DrawnPolicy: @unchecked Sendable {
  /// Whether it looks at what steps did, or only at who took them.
  var wantsFootprints: Bool { false }
  /// How deep it looks in the present execution, if that bounds what it can miss.
  var bugDepth: Int? { nil }

  func copy() -> DrawnPolicy { self }

  func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {}

  func ran(_ step: Step) {}

  /// `ran`, if there was a step, and `next` in one.
  func next(
    having step: Step?, _ runnable: CPUSet, _ current: Int?, _ pending: Span<Step>,
    _ source: inout ChoiceSource
  ) -> Int? { nil }
}

/// One policy that draws.
final class DrawnPolicyOf<Drawing: Scheduler & Sendable>: DrawnPolicy, @unchecked Sendable {
  @exclusivity(unchecked) private var scheduler: Drawing

  init(_ scheduler: Drawing) { self.scheduler = scheduler }

  override var wantsFootprints: Bool { Drawing.wantsFootprints }
  override var bugDepth: Int? { scheduler.bugDepth }

  override func copy() -> DrawnPolicy { DrawnPolicyOf(scheduler) }

  override func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    scheduler.begin(plan, drawing: &source)
  }

  override func ran(_ step: Step) { scheduler.ran(step) }

  override func next(
    having step: Step?, _ runnable: CPUSet, _ current: Int?, _ pending: Span<Step>,
    _ source: inout ChoiceSource
  ) -> Int? {
    if let step { scheduler.ran(step) }
    return scheduler.next(of: runnable, after: current, pending: pending, drawing: &source)
  }
}
