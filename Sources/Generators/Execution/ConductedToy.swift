import IOVA

/// Tiny bodies, one an actor, that take and release locks as they are told: what shows what the
/// conductor makes of those that wait for each other, or never end.
package struct ConductedToy {
  /// One move of a body.
  package enum Move: Sendable {
    case take(LockID)
    case release(LockID)
    /// Passes a point at which others may go on.
    case pass
    /// Passes such points for as long as anybody holds the lock: forever if nobody releases it.
    case spin(whileHeld: LockID)
    /// Waits until all other bodies are done.
    case awaitOthers
  }

  /// What came of it.
  package struct Outcome {
    /// Who waits for whom; nil if all ended.
    package let deadlock: String?
    /// What the judge found.
    package let finding: Finding?
    package let steps: Int
    /// What happened, row by row.
    package let rows: [ControlledRow]
  }

  /// By actor, what it does.
  private let bodies: [[Move]]

  /// Bodies, one an actor.
  package init(_ bodies: [[Move]]) { self.bodies = bodies }

  /// Runs the bodies once, with the machine watched by a judge.
  ///
  /// - Parameter schedule: who goes on at each point; the rest runs body by body.
  package func run(_ schedule: Schedule, _ judge: Judge = .none) -> Outcome {
    // Threads under ThreadSanitizer: the bodies share what they hold, in turns.
    let kind = ControlledRun.takesTurns ? ControlledRun.carriers.last ?? .dispatch : .dispatch
    let count = bodies.count
    let conductor = Conductor(kind.carrier(cpus: count + 1), cpus: count, judge: judge)
    conductor.guidance = .policy
    conductor.policy = Portfolio(only: .replay, replaying: schedule)
    let machine = Machine(
      cpus: count, clock: .conducted, locking: .nothing, supervisor: conductor)
    var settings = ProgramSettings()
    settings.cpus = count
    let domain = SequentialRun.makeDomain(settings, on: machine, .none)
    if let domain { judge.opens(domain) }
    defer { judge.resets() }
    let record = ControlledRecord(Program(settings), isBroken: judge.isBroken)
    let commands = conductor.commands
    conductor.report = { event in record.note(event, commands) }
    var held: Set<LockID> = []
    let carried = conductor.bodies { actor in
      let cpu = CPU(actor)
      for move in bodies[actor] where !conductor.isOver {
        switch move {
        case .take(let lock):
          conductor.acquiring(lock, on: cpu)
          held.insert(lock)
        case .release(let lock):
          held.remove(lock)
          conductor.releasing(lock, on: cpu)
          conductor.released(lock, on: cpu)
        case .pass: conductor.reached(.memoryAsked, on: cpu)
        case .spin(let lock):
          while held.contains(lock), !conductor.isOver { conductor.reached(.memoryAsked, on: cpu) }
        case .awaitOthers: conductor.awaitOthers()
        }
      }
    }
    conductor.conduct(ExecutionPlan(steps: bodies.map(\.count)), cpus: count, carried)
    conductor.report = nil
    let outcome = Outcome(
      deadlock: conductor.deadlock, finding: judge.finding(), steps: conductor.steps,
      rows: record.rows)
    withExtendedLifetime(domain) {}
    return outcome
  }
}
