/// The two steps of a failing execution whose order is to blame: the other way round, the failure
/// is gone.
public struct GuiltyPair: Hashable, Sendable {
  /// A step of one actor.
  public struct Step: Hashable, Sendable {
    /// Who takes it; the number after the last CPU is the worker's.
    public let actor: Int
    /// The name of the actor, as it is printed.
    public let name: String
    /// What the actor does, without saying who.
    public let phrase: String
    /// The command as it is printed; nil if the actor has not begun one.
    public let command: String?

    /// Whose doing it is: `free(a0) on cpu1`.
    var subject: String { command.map { "\($0) on \(name)" } ?? name }
  }

  /// The step that comes too early.
  public let first: Step
  /// The step that comes too late.
  public let second: Step
}

extension GuiltyPair: CustomStringConvertible {
  /// `free(a0) on cpu1 takes rangeTree before free(a0) on cpu0 does`
  public var description: String {
    first.phrase == second.phrase
      ? "\(first.subject) \(first.phrase) before \(second.subject) does"
      : "\(first.subject) \(first.phrase) before \(second.subject) \(second.phrase)"
  }
}

extension GuiltyPair {
  /// Executions in search of the pair, at most.
  private static let limit = 200

  /// Looks around each switch for the closest two steps that, swapped, make the failure go away.
  ///
  /// What of the first actor comes after its step, and of the second before its own, keeps its
  /// place in its own actor's order: the second actor's steps go first. A pair that can't be
  /// swapped is none: a timer has to be due before its worker can begin.
  ///
  /// - Parameters:
  ///   - trace: Of the execution that fails.
  ///   - isMended: Runs the actors in another order; whether nothing fails, and they could take
  ///     their steps so up to a place.
  ///   - step: Says what a step of the trace is called.
  static func find(
    in trace: JointTrace, isMended: (_ actors: [Int], _ place: Int) -> Bool,
    step: (Int) -> GuiltyPair.Step
  ) -> GuiltyPair? {
    let segments = trace.schedule.segments
    let most = segments.map(\.steps).max() ?? 0
    var left = limit
    guard segments.count > 1 else { return nil }
    for distance in 2...max(2, 2 * most) {
      var start = 0
      for index in segments.indices.dropLast() {
        let (mine, theirs) = (segments[index], segments[index + 1])
        let border = start + mine.steps
        for count in 1..<distance where count <= mine.steps {
          let others = distance - count
          guard others <= theirs.steps else { continue }
          guard left > 0 else { return nil }
          left -= 1
          if isMended(swapped(trace, border, count, others), border + others) {
            return GuiltyPair(first: step(border - count), second: step(border + others - 1))
          }
        }
        start = border
      }
    }
    return nil
  }

  /// The schedule with the `count` steps before a switch after the `others` steps behind it.
  private static func swapped(
    _ trace: JointTrace, _ border: Int, _ count: Int, _ others: Int
  ) -> [Int] {
    var actors = trace.steps.map(\.cpu)
    let moved = Array(actors[(border - count)..<border])
    actors.replaceSubrange(
      (border - count)..<(border + others),
      with: Array(actors[border..<(border + others)]) + moved)
    return actors
  }
}
