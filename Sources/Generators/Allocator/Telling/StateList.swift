import IOVA

/// The states through which a domain went while a program ran, as they are printed: what changed at
/// each step.
package struct StateList {
  /// A moment at which the domain was looked at.
  struct Entry {
    /// What had happened.
    let heading: String
    /// Whether it is not part of the program, but gives back what that left.
    var isEnding = false
    var isBreach = false
    /// Nil if there was no domain any more.
    let state: DomainState?
  }

  package let lines: [String]

  /// - Parameter start: the state before the first step; nil if the domain can't be made.
  init(from start: DomainState?, _ entries: [Entry]) {
    guard let start else {
      lines = ["  no domain can be made"]
      return
    }
    var lines = ["  the domain at the start"] + start.lines(after: nil)
    var last = start
    for entry in entries {
      let changed = entry.state.map { $0.lines(after: last) } ?? ["    torn down"]
      // What gives back what is left is of interest where there is something.
      if entry.isEnding, !entry.isBreach, entry.state == last { continue }
      lines.append((entry.isBreach ? "✘ " : "  ") + entry.heading)
      lines += changed
      last = entry.state ?? last
    }
    self.lines = lines
  }

  /// Of a program that ran in order.
  init(from start: DomainState?, _ steps: [SequentialRun.Step]) {
    self.init(
      from: start,
      steps.enumerated().map { index, step in
        let cpu = step.command.map { " on \($0.cpu)" } ?? ""
        let answer = step.answer.isEmpty ? "" : "  → \(step.answer)"
        return Entry(
          heading: (step.isEnding ? "end: " : "\(index + 1)\(cpu): ") + step.text + answer,
          isEnding: step.isEnding, isBreach: step.isBreach, state: step.state)
      })
  }

  /// Of a program whose CPUs were interleaved, up to the end of the command in which a law broke.
  ///
  /// - Parameter rows: all that happened.
  init(_ journal: StateJournal, _ rows: [ControlledRow], _ lexicon: any Lexicon) {
    let breach = rows.firstIndex(where: \.isBreach)
    var entries: [Entry] = []
    var seen = 0
    for moment in journal.moments {
      let isBreach = breach.map { (seen..<moment.rows).contains($0) } ?? false
      seen = moment.rows
      if moment.state == nil, !isBreach { continue }
      entries.append(moment.entry(rows, lexicon, isBreach: isBreach))
      if isBreach { break }
    }
    // What breaks after the last look: the teardown.
    if let breach, breach >= seen {
      let last = StateJournal.Moment(
        rows: breach + 1, actor: rows[breach].actor, isStop: false, state: nil)
      entries.append(last.entry(rows, lexicon, isBreach: true))
    }
    self.init(from: journal.start, entries)
  }
}

extension StateJournal.Moment {
  /// - Parameter all: the rows of the whole execution.
  fileprivate func entry(
    _ all: [ControlledRow], _ lexicon: any Lexicon, isBreach: Bool
  ) -> StateList.Entry {
    let before = all.prefix(rows)
    if let ending = before.last, ending.kind == .ending {
      return StateList.Entry(
        heading: "end: \(ending.text)", isEnding: true, isBreach: isBreach, state: state)
    }
    let begin = before.lastIndex { $0.actor == actor && $0.kind == .command } ?? 0
    let own = before[begin...].filter { $0.actor == actor }
    let command = "\(all[begin].number) on \(lexicon.actor(actor)): \(all[begin].text)"
    let answer = own.last { $0.kind == .answer }.map { "  \($0.text)" } ?? ""
    let stop = isStop ? own.last?.stop(lexicon) : nil
    return StateList.Entry(
      heading: command + (stop.map { ", \($0)" } ?? answer), isBreach: isBreach, state: state)
  }
}

extension ControlledRow {
  /// Where its actor stops, or what it waits for; nil if it says something else.
  fileprivate func stop(_ lexicon: any Lexicon) -> String? {
    switch kind {
    case .stops(let point): "stops \(lexicon.stop(point))"
    case .waits(let resource): "waits for \(lexicon.shortName(resource))"
    case .command, .answer, .takes, .releases, .changes, .ending: nil
    }
  }
}
