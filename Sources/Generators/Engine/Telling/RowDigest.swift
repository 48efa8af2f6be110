/// Makes the lines of a table out of all that happened, and leaves out what nobody needs to see.
///
/// A command that runs through is one line. Only those that are interrupted or wait show their
/// locks: a lock that is taken and released without interruption is one line with what changed
/// under it, and a row of such locks is one line as well.
package struct RowDigest {
  /// The rows from where a CPU goes on to where another one does, or a command ends.
  private struct Hold {
    var locks: [Resource] = []
    var changes: [Change] = []
    var isBreach = false
  }

  private let rows: [ControlledRow]
  private let lexicon: any Lexicon
  /// By row, the row at which its command began.
  private var begins: [Int?] = []
  /// Rows of commands, with the rows that belong to them, if these were interrupted or waited.
  private var interrupted: Set<Int> = []
  private var lines: [LaneTable.Line] = []

  private init(_ rows: [ControlledRow], _ lexicon: any Lexicon) {
    self.rows = rows
    self.lexicon = lexicon
    var current: [Int: Int] = [:]
    for (index, row) in rows.enumerated() {
      if row.beginsCommand { current[row.actor] = index }
      if row.kind == .ending { current.removeAll() }
      begins.append(current[row.actor])
      switch row.kind {
      case .stops, .waits: if let begin = current[row.actor] { interrupted.insert(begin) }
      default: break
      }
    }
  }

  /// The lines that tell of these rows.
  package static func lines(
    _ rows: [ControlledRow], _ lexicon: any Lexicon
  ) -> [LaneTable.Line] {
    // What follows the breach explains nothing, but for the end of the command it happened in.
    var digest = RowDigest(upToBreach(rows), lexicon)
    digest.digest()
    return digest.lines
  }

  private static func upToBreach(_ rows: [ControlledRow]) -> [ControlledRow] {
    guard let breach = rows.firstIndex(where: \.isBreach) else { return rows }
    let actor = rows[breach].actor
    let rest = rows[(breach + 1)...].prefix { $0.actor == actor && !$0.beginsCommand }
    let answer = rest.filter { $0.kind == .answer }
    return rows[...breach] + answer
  }

  private mutating func digest() {
    var index = 0
    while index < rows.count {
      let row = rows[index]
      if row.kind == .ending {
        index = addEnding(from: index)
      } else if let begin = begins[index], !interrupted.contains(begin) {
        if begin == index { addWhole(begin) }
        index += 1
      } else {
        index = addTurn(from: index)
      }
    }
  }

  // MARK: Commands that run through

  private mutating func addWhole(_ begin: Int) {
    let own = rows.indices.filter { begins[$0] == begin }.map { rows[$0] }
    let row = rows[begin]
    let answer = own.last { $0.kind == .answer }
    var line = LaneTable.Line(
      lane: row.actor, label: "\(row.number)", text: row.text, answer: answer?.text ?? "",
      isBreach: own.contains(where: \.isBreach))
    line.tell(own.compactMap(\.change))
    if !line.isBreach { line.fold = Self.verb(of: row.text) }
    lines.append(line)
  }

  /// `allocateFast` of `a0 = allocateFast(1, below: 0xf)`.
  private static func verb(of command: String) -> String {
    let call = command.split(separator: " = ").last ?? ""
    return String(call.prefix { $0 != "(" })
  }

  /// What gives back what the program left matters only where it breaks a law.
  private mutating func addEnding(from index: Int) -> Int {
    let rest = rows[index...]
    let breach = rest.first(where: \.isBreach)
    let breaking = rest.last { $0.kind == .ending }
    let before = rest.filter { $0.kind == .ending }.count - (breach == nil ? 0 : 1)
    let lane = rows[index].actor
    if before > 0 {
      let steps = before == 1 ? "a step" : "\(before.of("step"))"
      lines.append(
        LaneTable.Line(lane: lane, label: "end", text: "what is left is given back, in \(steps)"))
    }
    if breach != nil, let breaking {
      lines.append(
        LaneTable.Line(lane: lane, label: "end", text: breaking.text, isBreach: true))
    }
    return rows.count
  }

  // MARK: Commands that are interrupted

  /// Adds the rows of one command up to where another actor goes on; returns what follows.
  private mutating func addTurn(from start: Int) -> Int {
    let actor = rows[start].actor
    var index = start
    var holds: [Hold] = []
    while index < rows.count, rows[index].actor == actor, begins[index] == begins[start] {
      if index > start && rows[index].beginsCommand || rows[index].kind == .ending { break }
      if let end = holdEnd(from: index) {
        holds.append(hold(index...end))
        index = end + 1
        continue
      }
      flush(&holds, actor)
      add(rows[index])
      index += 1
    }
    flush(&holds, actor)
    return index
  }

  /// The row at which the lock taken here is released, if nothing comes between.
  private func holdEnd(from index: Int) -> Int? {
    guard case .takes(let lock) = rows[index].kind else { return nil }
    for end in rows.indices[(index + 1)...] where rows[end].actor == rows[index].actor {
      switch rows[end].kind {
      case .releases(lock): return end
      case .takes, .releases, .changes: continue
      case .command, .answer, .stops, .waits, .ending: return nil
      }
    }
    return nil
  }

  private func hold(_ range: ClosedRange<Int>) -> Hold {
    var hold = Hold()
    for row in rows[range] {
      if case .takes(let lock) = row.kind { hold.locks.append(lock) }
      if let change = row.change { hold.changes.append(change) }
      if row.isBreach { hold.isBreach = true }
    }
    return hold
  }

  private mutating func flush(_ holds: inout [Hold], _ actor: Int) {
    defer { holds.removeAll() }
    let breaking = holds.contains(where: \.isBreach)
    if holds.count > 2 {
      let quiet = breaking ? holds.dropLast() : holds[...]
      let count = quiet.reduce(0) { $0 + $1.locks.count }
      add("takes and releases \(count.of("lock"))", quiet.flatMap(\.changes), actor, false)
      if breaking, let last = holds.last { add(last, actor) }
    } else {
      for hold in holds { add(hold, actor) }
    }
  }

  private mutating func add(_ hold: Hold, _ actor: Int) {
    let names = hold.locks.map(lexicon.shortName).joined(separator: ", ")
    // The tree's lock says that it is the tree that changes.
    let isPlain = hold.locks.count == 1 && hold.changes.count == 1
    if isPlain, let change = hold.changes.first, names.hasPrefix(change.place) {
      add("locks \(names): \(change.words)", [], actor, hold.isBreach)
    } else {
      add("locks \(names)", hold.changes, actor, hold.isBreach)
    }
  }

  private mutating func add(_ row: ControlledRow) {
    let actor = row.actor
    switch row.kind {
    case .command:
      lines.append(
        LaneTable.Line(
          lane: actor, label: "\(row.number)", text: row.text, isBreach: row.isBreach))
    case .answer: add(row.text, [], actor, row.isBreach)
    case .takes(let lock): add("takes \(lexicon.shortName(lock))", [], actor, row.isBreach)
    case .releases(let lock): add("releases \(lexicon.shortName(lock))", [], actor, row.isBreach)
    case .waits(let lock): add("waits for \(lexicon.shortName(lock))", [], actor, row.isBreach)
    // That a magazine had none is what the next lock says.
    case .changes(let change) where change.words == Change.missed && !row.isBreach: break
    case .changes(let change): addChange(change, actor, row.isBreach)
    case .stops(let point): add("stops \(lexicon.stop(point))", [], actor, row.isBreach)
    case .ending: break
    }
  }

  /// What changes under a lock stands in the line that takes it.
  private mutating func addChange(_ change: Change, _ actor: Int, _ isBreach: Bool) {
    if let last = lines.last, last.lane == actor, last.text.hasPrefix("  takes "), !isBreach {
      lines[lines.count - 1].text += (last.text.contains(": ") ? ", " : ": ") + change.text
    } else {
      add(change.text, [], actor, isBreach)
    }
  }

  private mutating func add(
    _ text: String, _ changes: [Change], _ actor: Int, _ isBreach: Bool
  ) {
    let all = changes.isEmpty ? text : "\(text): \(Change.text(changes))"
    lines.append(LaneTable.Line(lane: actor, label: "", text: "  \(all)", isBreach: isBreach))
  }
}

extension ControlledRow {
  fileprivate var beginsCommand: Bool { kind == .command }

  fileprivate var change: Change? {
    if case .changes(let change) = kind { change } else { nil }
  }
}
