import Generators
import IOVA
import Invariants

/// Looks for a failure smaller than one that is known, in every program that is.
struct JointOptimum {
  /// What was tried, and what was found.
  struct Proof {
    var programs = 0
    var executions = 0
    /// The smallest program that fails, with its schedule; nil if none does.
    var smaller: String?
  }

  let fault: Fault
  let law: String
  let commands: Int
  let switches: Int
  /// What programs of as many commands as the known one, and of fewer, are made of.
  var kinds = SmallPrograms.Kind.allCases
  /// Switches away from a CPU that could go on, in programs of fewer commands.
  let preemptions: Int

  /// Runs every program of fewer commands under all schedules up to a number of preemptions, and
  /// every one of as many under all schedules of fewer switches.
  func prove(_ run: ControlledRun) -> Proof {
    var proof = Proof()
    for count in 0..<commands {
      SmallPrograms(faults: FaultSet([fault]), count: count, kinds: kinds).visit { program in
        proof.programs += 1
        enumerate(program, run, &proof)
      }
    }
    SmallPrograms(faults: FaultSet([fault]), count: commands, kinds: kinds).visit { program in
      proof.programs += 1
      enumerateSwitches(program, run, &proof)
    }
    return proof
  }

  private func enumerate(_ program: Program, _ run: ControlledRun, _ proof: inout Proof) {
    run.policy = Portfolio(only: .exhaustive, preemptions: preemptions)
    repeat {
      proof.executions += 1
      let finding = run.explore(program, Seed(0))
      if finding?.law == law { return note(program, &proof) }
    } while !run.policy.isComplete && !run.policy.exhaustive.hasDiverged
    if run.policy.exhaustive.hasDiverged { proof.smaller = "diverged: \(program)" }
  }

  /// All schedules of fewer switches: each actor for each number of steps, then the next.
  private func enumerateSwitches(
    _ program: Program, _ run: ControlledRun, _ proof: inout Proof
  ) {
    extend(Schedule(), switches, program, run, &proof)
  }

  private func extend(
    _ schedule: Schedule, _ turns: Int, _ program: Program, _ run: ControlledRun,
    _ proof: inout Proof
  ) {
    guard turns > 0 else { return }
    let taken = schedule.steps
    for actor in 0...program.settings.cpus where actor != schedule.segments.last?.cpu {
      var long = schedule
      long.append(Schedule.Segment(cpu: actor, steps: 1 << 20))
      proof.executions += 1
      let (finding, trace) = run.tracing { run.replay(program, long) }
      guard trace.steps.count > taken, trace.steps[taken].cpu == actor else { continue }
      if finding?.law == law, trace.schedule.switches < switches { return note(program, &proof) }
      let most = trace.schedule.segments[schedule.segments.count].steps
      for steps in 1..<max(most, 2) where turns > 1 {
        var short = schedule
        short.append(Schedule.Segment(cpu: actor, steps: steps))
        extend(short, turns - 1, program, run, &proof)
      }
    }
  }

  private func note(_ program: Program, _ proof: inout Proof) {
    guard proof.smaller == nil else { return }
    proof.smaller = program.commands.map { "\($0.cpu): \($0)" }.joined(separator: "; ")
  }
}
