import IOVA

/// A program with everything that its executions share, so that nothing is made anew for each.
final class ReadyProgram {
  let program: Program
  let lanes: ProgramLanes
  let interpreter: Interpreter
  @exclusivity(unchecked) private(set) var bodies: CarriedBodies!
  /// What teardown left, if the program ended with it.
  @exclusivity(unchecked) var remains: DomainRemains?
  @exclusivity(unchecked) var executions = 0
  /// Whether the domain can be used again.
  @exclusivity(unchecked) var isUsable = true

  func runs(_ other: borrowing Program) -> Bool { program == other }

  init(_ program: Program, _ run: ControlledRun, _ interpreter: Interpreter) {
    self.program = program
    self.interpreter = interpreter
    lanes = ProgramLanes(program)
    let worker = program.settings.cpus
    let machine = interpreter.domain.machine
    // Not retained: both outlive the bodies, and one is called for each actor.
    let (me, runner) = (Unmanaged.passUnretained(self), Unmanaged.passUnretained(run))
    bodies = run.conductor.bodies { actor in
      runner._withUnsafeGuaranteedRef { run in
        me._withUnsafeGuaranteedRef { ready in
          if actor == worker { run.work(machine) } else { run.runLane(ready, actor) }
        }
      }
    }
  }
}
