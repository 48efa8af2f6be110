/// CPU after CPU, in a random order: each to its end, or for a number of steps before the next.
///
/// What needs no switch at all should not be reported with any, and what needs strict turns is
/// found by nothing else as soon. The number of steps is drawn; choice 0 is "to its end".
public final class Serial: DrawnPolicy, @unchecked Sendable {
  /// The lengths of a turn that are drawn from.
  public static let turns = [Int.max, 1, 2, 4, 8]

  @exclusivity(unchecked) private var order = CPUOrder()
  @exclusivity(unchecked) private var place = 0
  @exclusivity(unchecked) private var turn = Int.max
  @exclusivity(unchecked) private var taken = 0

  /// A serial scheduler.
  override public init() {}

  override public func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    turn = Self.turns[Int(source.choose(below: UInt64(Self.turns.count)))]
    order.draw(plan.cpus, from: &source)
    place = 0
    taken = 0
  }

  override public func next(
    having step: Step?, of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    if let step { ran(step) }
    if taken >= turn { advance() }
    for _ in order.cpus.indices {
      if runnable.contains(order.cpus[place]) { return order.cpus[place] }
      advance()
    }
    return runnable.first(from: current ?? 0)
  }

  override public func ran(_ step: Step) { taken &+= 1 }

  private func advance() {
    place = place + 1 < order.cpus.count ? place + 1 : 0
    taken = 0
  }
}

extension Policy {
  /// CPU after CPU, or in turns.
  public static let serial = Policy("serial")
}
