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
    let run = ToyRun(bodies, judge)
    defer { judge.resets() }
    let told = run.telling(run.texts) { run.run(.schedule(schedule)) }
    return Outcome(
      deadlock: run.conductor.deadlock, finding: told.finding, steps: told.execution.steps,
      rows: told.rows)
  }
}

/// Runs the bodies of a toy.
private final class ToyRun: Runner {
  private let bodies: [[ConductedToy.Move]]
  private let judge: Judge
  private let conducted: ConductedMachine
  private let domain: IOVADomain?
  private var held: Set<LockID> = []

  init(_ bodies: [[ConductedToy.Move]], _ judge: Judge) {
    (self.bodies, self.judge) = (bodies, judge)
    // Threads under ThreadSanitizer: the bodies share what they hold, in turns.
    let kind = ControlledRun.takesTurns ? ControlledRun.carriers.last ?? .dispatch : .dispatch
    let count = bodies.count
    let conductor = Conductor(
      kind.carrier(cpus: count + 1), locks: LockID.count(cpus: count),
      AllocatorLexicon(cpus: count), judge.watch)
    conducted = ConductedMachine(conductor, laws: judge.supervisor)
    let machine = Machine(
      cpus: count, clock: .conducted, locking: .nothing, supervisor: conducted)
    var settings = ProgramSettings()
    settings.cpus = count
    domain = SequentialRun.makeDomain(settings, on: machine, .none)
    super.init(conductor)
  }

  override var texts: [[String]] { Array(repeating: [], count: bodies.count + 1) }

  override var isBroken: Bool { judge.isBroken }

  override func execute() -> (finding: Finding?, isUndecided: Bool) {
    if let domain { judge.opens(domain) }
    let carried = conductor.bodies { [unowned self] actor in
      for move in bodies[actor] where !conductor.isOver { make(move, on: CPU(actor)) }
    }
    let plan = ExecutionPlan(steps: bodies.map(\.count))
    conductor.conduct(plan, cpus: bodies.count, carried)
    return (judge.found, false)
  }

  private func make(_ move: ConductedToy.Move, on cpu: CPU) {
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
