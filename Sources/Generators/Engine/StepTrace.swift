/// Who took each step of an execution in which command, and from where.
struct StepTrace: Sendable {
  private(set) var steps = JointTrace()
  /// By step, the point from which the actor went on; nil at its start.
  private(set) var origins: [SwitchPoint?] = []
  /// The decisions as the choices that would make them.
  private(set) var choices: [UInt64] = []
  /// By actor, where it stands.
  private var standing: [SwitchPoint?] = []

  mutating func begin(actors: Int) {
    steps.removeAll()
    origins.removeAll(keepingCapacity: true)
    choices.removeAll(keepingCapacity: true)
    standing = Array(repeating: nil, count: actors)
  }

  mutating func stands(_ actor: Int, _ point: SwitchPoint) { standing[actor] = point }

  /// - Parameter before: who took the step before.
  /// - Parameter bits: who could have taken this one.
  mutating func append(_ actor: Int, _ command: Int, after before: Int, among bits: UInt64) {
    if bits.nonzeroBitCount > 1 {
      let mine: UInt64 = bits & (1 << UInt64(before))
      choices.append(ActorChoice.number(of: actor, among: bits, mine))
    }
    steps.append(cpu: actor, command: command)
    origins.append(standing[actor])
  }
}
