import IOVA

/// Tiny bodies, one for each actor, that take and release locks as told: to test what the conductor
/// does about those that wait for each other, or never end.
package struct ConductedToy {
  /// One move of a body.
  package enum Move: Sendable {
    case take(LockID)
    case release(LockID)
    /// Passes a point at which others may go on.
    case pass
    /// Passes such points as long as the lock is held: forever if it is never released.
    case spin(whileHeld: LockID)
    /// Waits until all other bodies have ended.
    case awaitOthers
  }

  /// The outcome of a run.
  package struct Outcome {
    /// Who waits for whom; nil if all ended.
    package let deadlock: String?
    /// What the judge found.
    package let finding: Finding?
    package let steps: Int
    /// What happened, row by row.
    package let rows: [ControlledRow]
  }

  /// For each actor, its moves.
  private let bodies: [[Move]]

  /// Bodies, one for each actor.
  package init(_ bodies: [[Move]]) { self.bodies = bodies }

  /// Runs the bodies once, with the machine watched by a judge.
  ///
  /// - Parameter schedule: who goes on at each point; the rest runs body by body.
  package func run(_ schedule: Schedule, _ judge: Judge = .none) -> Outcome {
    // Threads under ThreadSanitizer: the bodies take turns with what they share.
    let kind = ControlledRun.takesTurns ? ControlledRun.carriers.last ?? .dispatch : .dispatch
    let count = bodies.count
    let lexicon = AllocatorLexicon(cpus: count)
    let conductor = Conductor(
      kind.carrier(cpus: count + 1), actors: count + 1, locks: LockID.count(cpus: count), lexicon,
      judge.watch)
    conductor.guidance = .policy
    conductor.policy = Portfolio(only: .replay, replaying: schedule)
    let conducted = ConductedMachine(conductor, laws: judge.supervisor)
    let machine = Machine(
      cpus: count, clock: .conducted, locking: .nothing, supervisor: conducted)
    var settings = ProgramSettings()
    settings.cpus = count
    let domain = SequentialRun.makeDomain(settings, on: machine, .none)
    if let domain { judge.opens(domain) }
    defer { judge.resets() }
    let record = ControlledRecord(
      texts: Array(repeating: [], count: count + 1), other: ControlledRun.timer,
      isBroken: judge.isBroken)
    let commands = conductor.commands
    conductor.report = { event in record.note(event, commands, lexicon) }
    var held: Set<LockID> = []
    let carried = conductor.bodies { actor in
      let cpu = CPU(actor)
      for move in bodies[actor] where !conductor.isOver {
        switch move {
        case .take(let lock):
          conducted.acquiring(lock, on: cpu)
          held.insert(lock)
        case .release(let lock):
          held.remove(lock)
          conducted.releasing(lock, on: cpu)
          conducted.released(lock, on: cpu)
        case .pass: conducted.reached(.memoryAsked, on: cpu)
        case .spin(let lock):
          while held.contains(lock), !conductor.isOver { conducted.reached(.memoryAsked, on: cpu) }
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
