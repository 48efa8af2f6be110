import Generators
import IOVA
import Invariants

/// A failing program, and what it did, row by row.
struct Counterexample {
  var finding: Finding
  var program: Program
  /// What was chosen at each switch point; nil for a program that runs in order.
  var schedule: [UInt64]?
  /// The schedule in words; nil for a program that runs in order.
  var script: Script?
  /// What it did, as it is printed.
  var lines: [LaneTable.Line] = []
  /// All that happened on the CPUs of an interleaved program.
  var rows: [ControlledRow] = []
  var switches = 0
  /// Commands of the program that was found.
  var commandsBefore = 0
  /// Programs run to make it minimal.
  var evaluations = 0

  /// What makes one simpler than another: commands, then switches.
  var size: (Int, Int) { (program.commands.count, switches) }

  /// Runs a program in order once more; nil if it does not fail.
  ///
  /// Commands that were skipped are left out, if the rest fails in the same way.
  init?(_ program: Program, _ run: SequentialRun) {
    let (steps, finding) = run.transcript(program)
    guard let finding else { return nil }
    let commands = steps.filter { !$0.isEnding }.map(\.command)
    let kept = Program(program.settings, commands).renumbered
    let again = run.transcript(kept)
    let isSame = again.finding?.law == finding.law
    self.finding = isSame ? again.finding! : finding
    self.program = isSame ? kept : program
    var number = 0
    for step in isSame ? again.steps : steps {
      if !step.isEnding { number += 1 }
      lines.append(
        LaneTable.Line(
          lane: step.command.cpu.index, label: step.isEnding ? "end" : "\(number)",
          text: "\(step.command)", answer: step.answer.isEmpty ? "" : "→ \(step.answer)"))
    }
    if !lines.isEmpty { lines[lines.count - 1].isBreach = true }
  }

  /// Runs a program once more under a schedule; nil if it does not fail.
  init?(_ program: Program, _ run: ControlledRun, following schedule: Schedule) {
    self.init(program, run) { run.replay(program, schedule) }
  }

  /// Runs a program once more with the choices of its schedule; nil if it does not fail.
  init?(_ program: Program, _ run: ControlledRun, schedule: [UInt64]) {
    var source = ChoiceSource(replaying: ChoiceSequence(values: schedule))
    self.init(program, run) { run.run(program, &source) }
    self.schedule = schedule
  }

  /// Runs a program once more under a schedule in words; nil if it does not fail.
  init?(_ program: Program, _ run: ControlledRun, script: Script) {
    self.init(program, run) { run.replay(program, script).finding }
  }

  private init?(_ program: Program, _ run: ControlledRun, _ body: () -> Finding?) {
    let (rows, script, finding) = run.describing(program, body)
    guard let finding else { return nil }
    self.finding = finding
    self.program = program
    self.script = script
    switches = run.lastSwitches
    self.rows = rows
    lines = RowDigest.lines(rows)
  }

  /// Draws what happened as a picture, if a file is wanted and CPUs were interleaved; returns its
  /// path.
  func drawTimeline(in path: String?) -> String? {
    guard let path, !rows.isEmpty else { return nil }
    let title = "\(finding.law): \(finding.evidence)"
    let timeline = Timeline(rows, cpus: program.settings.cpus, title: title)
    do throws(FileError) {
      try AtomicFile.write(timeline.svg, to: path)
      return path
    } catch {
      Output.error.line("stress: \(error.message)")
      return nil
    }
  }

  /// Where a second execution under the same schedule differs, in one line; nil if nowhere, or if
  /// the program runs in order.
  ///
  /// What is printed must be what anybody sees who replays the case.
  func difference(_ plan: RunPlan) -> String? {
    guard let script else { return nil }
    let cpus = program.settings.cpus
    let book = LawBook(.every, isSequential: false, cpus: cpus, except: plan.exceptions)
    return ControlledRun(cpus: cpus, book.judge).difference(program, script, from: rows, finding)
  }
}
