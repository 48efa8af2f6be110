import Generators
import IOVA
import Invariants

/// A failing program and what it did, row by row.
struct Counterexample {
  var finding: Finding
  var program: Program
  /// The choice at each switch point; nil for a program that runs in order.
  var schedule: [UInt64]?
  /// The schedule in words; nil for a program that runs in order.
  var script: Script?
  /// What it did, as printed.
  var lines: [LaneTable.Line] = []
  /// Everything that happened on the CPUs of an interleaved program.
  var rows: [ControlledRow] = []
  /// How often another actor took over before the law broke.
  var switches = 0
  /// Commands that began, except those that were skipped.
  var commands = 0
  /// Commands of the program as found.
  var commandsBefore = 0
  /// Programs run to make it minimal.
  var evaluations = 0
  /// How program and schedule were shrunk together; nil for a program that runs in order.
  var joint: ProgramResult?

  /// What makes one simpler than another: commands, then switches.
  var size: (Int, Int) { (program.commands.count, switches) }

  /// Runs a program in order again; nil if it does not fail.
  ///
  /// Skipped commands are left out, if the rest fails in the same way.
  init?(_ program: Program, _ run: SequentialRun) {
    let (steps, finding) = run.transcript(program)
    guard let finding else { return nil }
    var kept = Program(program.settings, steps.filter { !$0.isEnding }.compactMap(\.command))
    kept.inOrder = min(program.inOrder, kept.commands.count)
    kept = kept.renumbered
    let again = run.transcript(kept)
    let isSame = again.finding?.law == finding.law
    self.finding = isSame ? again.finding! : finding
    self.program = isSame ? kept : program
    commands = kept.commands.count
    lines = Self.lines(isSame ? again.steps : steps)
  }

  private static func lines(_ steps: [SequentialRun.Step]) -> [LaneTable.Line] {
    steps.enumerated().map { index, step in
      var line = LaneTable.Line(
        lane: step.command?.cpu.index ?? 0, label: step.isEnding ? "end" : "\(index + 1)",
        text: step.text, answer: step.answer.isEmpty ? "" : "→ \(step.answer)")
      line.tell(step.isEnding ? [] : step.changes)
      line.isBreach = step.isBreach
      return line
    }
  }

  /// Runs a program again under a schedule; nil if it does not fail.
  init?(_ program: Program, _ run: ControlledRun, following schedule: Schedule) {
    self.init(program, run) { run.replay(program, schedule) }
  }

  /// A program that was shrunk together with its schedule.
  init?(_ result: ProgramResult, _ run: ControlledRun) {
    self.init(result.program, run) { run.replay(result.program, result.schedule) }
    commandsBefore = result.commandsBefore
    evaluations = result.replays
    joint = result
  }

  /// Runs a program again with the choices of its schedule; nil if it does not fail.
  init?(_ program: Program, _ run: ControlledRun, schedule: [UInt64]) {
    var source = ChoiceSource(replaying: ChoiceSequence(values: schedule))
    self.init(program, run) { run.run(program, &source) }
    self.schedule = schedule
  }

  /// Runs a program again under a schedule in words; nil if it does not fail.
  init?(_ program: Program, _ run: ControlledRun, script: Script) {
    self.init(program, run) { run.replay(program, script) }
  }

  private init?(_ program: Program, _ run: ControlledRun, _ body: () -> Execution) {
    let told = run.describing(program, body)
    guard let finding = told.finding else { return nil }
    self.finding = finding
    self.program = program
    script = told.script
    switches = told.execution.trace.switches
    commands = told.commands
    rows = told.rows
    lines = RowDigest.lines(rows, AllocatorLexicon(cpus: program.settings.cpus))
  }

  /// Draws what happened as a picture, if a file was asked for and CPUs were interleaved; returns
  /// its path.
  func drawTimeline(in path: String?) -> String? {
    guard let path, !rows.isEmpty else { return nil }
    let title = "\(finding.law): \(finding.evidence)"
    let lexicon = AllocatorLexicon(cpus: program.settings.cpus)
    let timeline = Timeline(rows, lexicon, title: title)
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
  /// Anybody who replays the case must see what is printed.
  func difference(_ plan: RunPlan) -> String? {
    guard let script else { return nil }
    let cpus = program.settings.cpus
    let book = LawBook(.every, isSequential: false, cpus: cpus, except: plan.exceptions)
    return ControlledRun(cpus: cpus, book).difference(program, script, from: rows, finding)
  }
}
