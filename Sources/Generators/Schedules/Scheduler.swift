/// Decides at each switch point which CPU takes the next step.
///
/// Three requirements, called in this order: `begin` once an execution, then `next` and `ran` in
/// turn; a fourth has a default. They run once a step, so a scheduler is a concrete type that
/// allocates in `begin` at most.
///
/// Whatever is random comes from the `ChoiceSource`, and choice 0 means *stay on this CPU*: an
/// execution whose choices are all 0 runs one CPU after the other. Where only one CPU can run,
/// nothing is drawn.
public protocol Scheduler {
  /// Starts an execution.
  mutating func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource)

  /// Who takes the next step.
  /// - Parameters:
  ///   - runnable: Who can take one; never empty.
  ///   - current: Who took the last one; nil before the first.
  ///   - pending: By CPU, the step that it takes next, also if it is blocked; anything for a CPU
  ///     that has finished.
  /// - Returns: One of `runnable`, or nil if all that could follow was seen before, so that the
  ///   rest of this execution may be left out.
  mutating func next(
    of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int?

  /// Is told of the step that was taken.
  mutating func ran(_ step: Step)

  /// Is told that nobody can take a step any more, though some have not finished.
  /// - Parameter pending: By CPU, the step it waits to take.
  mutating func deadlocked(pending: Span<Step>)
}

extension Scheduler {
  /// Of interest only to who looks for what else could have happened.
  public mutating func deadlocked(pending: Span<Step>) {}
}
