/// What took place when a case ran: for each step who took it, and in which of its commands.
///
/// It ties the schedule to the commands, so that a command can be left out together with the very
/// steps it took.
public struct JointTrace: Hashable, Sendable {
  /// One step.
  public struct Step: Hashable, Sendable {
    /// Who took it.
    public let cpu: Int
    /// The number of the command, as the case has it.
    public let command: Int
  }

  /// In the order in which they were taken.
  public private(set) var steps: [Step] = []

  /// A trace of nothing yet.
  public init() {}

  /// Notes a step.
  public mutating func append(cpu: Int, command: Int) {
    steps.append(Step(cpu: cpu, command: command))
  }

  /// Forgets all steps, and keeps the memory.
  public mutating func removeAll() { steps.removeAll(keepingCapacity: true) }

  /// The schedule under which the same takes place again.
  public var schedule: Schedule { Schedule(cpus: steps.lazy.map(\.cpu)) }

  /// The schedule of the steps that are left.
  func schedule(without isLeftOut: (Step) -> Bool) -> Schedule {
    var schedule = Schedule()
    for step in steps where !isLeftOut(step) {
      schedule.append(Schedule.Segment(cpu: step.cpu, steps: 1))
    }
    return schedule
  }

  /// How often another CPU went on.
  package var switches: Int {
    var count = 0
    for index in steps.indices.dropFirst() where steps[index].cpu != steps[index - 1].cpu {
      count += 1
    }
    return count
  }
}
