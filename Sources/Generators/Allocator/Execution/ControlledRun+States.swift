/// The states of a domain in an execution that is told in words.
extension ControlledRun {
  /// Runs `body`, and returns the states of a program's domain.
  package func states(_ program: Program, _ body: () -> Execution) -> StateList {
    let journal = StateJournal()
    self.journal = journal
    defer { self.journal = nil }
    let rows = describing(program, body).rows
    return StateList(journal, rows, AllocatorLexicon(cpus: program.settings.cpus))
  }

  /// The states under the schedule of a case as it is written.
  package func states(of file: ProgramCase) -> StateList {
    states(file.program) {
      if file.choices.isEmpty { return replay(file.program, file.script) }
      var source = ChoiceSource(replaying: ChoiceSequence(values: file.choices))
      return run(file.program, &source)
    }
  }

  /// An actor stops, or has ended a command.
  func look(at actor: Int, isStop: Bool = false) {
    guard let journal, let record else { return }
    journal.looks(rows: record.rows.count, actor, isStop: isStop)
  }

  /// What gives back what the program left was run, if the last row says so.
  func lookAfterEnding() {
    guard let last = record?.rows.last, last.kind == .ending else { return }
    look(at: last.actor)
  }
}
