import Generators
import IOVA
import Invariants

/// A failing program, and what it did, row by row.
struct Counterexample {
  /// One row of the table: a command, or what came of it.
  struct Row {
    /// The number of the command, "end" for what gives back what the program left, or nothing.
    let label: String
    let cpu: CPU
    let text: String
  }

  var finding: Finding
  var program: Program
  /// What was chosen at each switch point; nil for a program that runs in order.
  var schedule: [UInt64]?
  var rows: [Row] = []
  var switches = 0
  /// Commands of the program that was found.
  var commandsBefore = 0
  /// Programs run to make it minimal.
  var evaluations = 0
  /// How program and schedule were made small together; nil for a program that runs in order.
  var joint: ProgramResult?
  /// The schedule in words.
  var script: Script? { joint?.script }

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
      let label = step.isEnding ? "end" : "\(number)"
      rows.append(Row(label: label, cpu: step.command.cpu, text: step.command.description))
      if !step.answer.isEmpty {
        rows.append(Row(label: "", cpu: step.command.cpu, text: "     → \(step.answer)"))
      }
    }
  }

  /// A program that was shrunk together with its schedule.
  init(_ result: ProgramResult, _ run: ControlledRun) {
    let choices = run.choices(result.program, result.schedule)
    self.init(result.finding, result.program, result.rows(on: run))
    schedule = choices
    switches = result.switches
    commandsBefore = result.commandsBefore
    evaluations = result.replays
    joint = result
  }

  /// Runs a program once more with the choices of its schedule; nil if it does not fail.
  init?(_ program: Program, _ run: ControlledRun, schedule: [UInt64]) {
    var source = ChoiceSource(replaying: ChoiceSequence(values: schedule))
    let (rows, _, finding) = run.describing(program) { run.run(program, &source) }
    guard let finding else { return nil }
    self.init(finding, program, rows)
    self.schedule = schedule
    switches = run.lastSwitches
  }

  private init(_ finding: Finding, _ program: Program, _ rows: [ControlledRow]) {
    self.finding = finding
    self.program = program
    self.rows = rows.map { row in
      let label = row.kind == .ending ? "end" : row.number > 0 ? "\(row.number)" : ""
      let cpu = row.actor == program.settings.cpus ? CPU(0).asWorker : CPU(row.actor)
      return Row(label: label, cpu: cpu, text: row.number > 0 ? row.text : "  " + row.text)
    }
  }
}
