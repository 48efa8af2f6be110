/// A policy that draws, whichever: one indirect call a step, and nothing else.
///
/// Closures, made where the type is known: methods of a generic class would look up everything that
/// the policy does. Belongs to one portfolio; another one that shares it makes a copy before it
/// begins.
final class DrawnPolicy: @unchecked Sendable {
  /// Whether it looks at what steps did, or only at who took them.
  let wantsFootprints: Bool
  /// How deep it looks in the present execution, if that bounds what it can miss.
  let bugDepth: () -> Int?
  let copy: () -> DrawnPolicy
  let begin: (ExecutionPlan, inout ChoiceSource) -> Void
  let ran: (Step) -> Void
  /// `ran`, if there was a step, and `next` in one.
  let next: (Step?, CPUSet, Int?, Span<Step>, inout ChoiceSource) -> Int?

  init<Drawing: Scheduler & Sendable>(_ scheduler: Drawing) {
    let state = PolicyState(scheduler)
    wantsFootprints = Drawing.wantsFootprints
    bugDepth = { state.scheduler.bugDepth }
    copy = { DrawnPolicy(state.scheduler) }
    begin = { plan, source in state.scheduler.begin(plan, drawing: &source) }
    ran = { step in state.scheduler.ran(step) }
    next = { step, runnable, current, pending, source in
      if let step { state.scheduler.ran(step) }
      return state.scheduler.next(
        of: runnable, after: current, pending: pending, drawing: &source)
    }
  }
}

/// What a policy remembers.
private final class PolicyState<Drawing> {
  @exclusivity(unchecked) var scheduler: Drawing

  init(_ scheduler: Drawing) { self.scheduler = scheduler }
}
