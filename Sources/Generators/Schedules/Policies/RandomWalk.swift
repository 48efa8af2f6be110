/// At each step any CPU that can run, all equally likely.
///
/// Needs to know nothing and promises nothing: the probability of a schedule falls exponentially
/// with the steps that one CPU has to stay ahead of another. Yet it finds most bugs that need one
/// or two switches (Thomson, Donaldson and Betts, "Concurrency Testing Using Controlled
/// Schedulers", ACM TOPC 2016).
public final class RandomWalk: DrawnPolicy, @unchecked Sendable {
  /// A random walk.
  override public init() {}

  override public func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {}

  override public func next(
    having step: Step?, of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    let start = current ?? 0
    let count = runnable.count
    guard count > 1 else { return runnable.first(from: start) }
    return runnable.member(Int(source.choose(below: UInt64(count))), from: start)
  }

  override public func ran(_ step: Step) {}
}

extension Policy {
  /// Any CPU that can run.
  public static let random = Policy("random")
}
