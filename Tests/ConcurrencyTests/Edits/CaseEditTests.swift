import Generators
import IOVA
import Testing

@Suite struct `An edited case` {
  /// Two CPUs that take two locks in opposite orders, which only an edited system does.
  static let deadlock = """
    stress case, version 2
    program: stress 1.0
    expect: broken
    law: nobodyWaitsForever
    evidence: cpu0 waits for rangeTree, which cpu1 holds
    revision: current
    faults: none
    cpus: 2
    start: 0x1
    boundary: 0x10
    magazine: 1
    depot: 1
    credit: all
    mode: controlled
    commands:
    cpu0: a0 = allocate(1, below: 0xf)
    cpu1: a1 = allocate(1, below: 0xf)
    schedule:
    cpu0 until 1 "a0 = allocate(1, below: 0xf)" takes rangeTree
    cpu1 to its end
    cpu0 to its end
    end

    """

  /// One line of the table.
  private struct Row {
    let edit: String
    let file: String
    let verdict: CaseReplay.Verdict

    var isBack: Bool {
      if case .gone = verdict { false } else { true }
    }
  }

  private func row(_ edit: CaseEdit, _ name: String, _ file: ProgramCase) throws -> Row? {
    var file = file
    if let before = edit.before {
      var lines = CaseLines(file)
      before(&lines)
      file.script = try #require(KeptCases.replay(ProgramCase(lines.text)).script)
    }
    var lines = CaseLines(file)
    guard edit.change(&lines) else { return nil }
    let replay = KeptCases.replay(try ProgramCase(lines.text), on: edit.system)
    return Row(edit: edit.name, file: name, verdict: replay.verdict)
  }

  private func rows() throws -> [Row] {
    var rows: [Row] = []
    for name in KeptCases.names {
      let file = try KeptCases.read(name)
      guard file.expectation == .broken else { continue }
      for edit in CaseEdit.all {
        if let row = try row(edit, name, file) { rows.append(row) }
      }
    }
    return rows
  }

  /// Hundreds of searches, one thread at a time: minutes in which nothing can race.
  @Test(.enabled(if: ThreadSanitizer.ofThisProcess == nil, "nothing in it can race"))
  func `breaks its law again in 95 of 100, and every verdict is stated`() throws {
    let rows = try rows()
    var exact = 0
    var adapted = 0
    var found = 0
    var most = 0
    for row in rows {
      switch row.verdict {
      case .exact: exact += 1
      case .adapted: adapted += 1
      case .foundAgain(let executions):
        found += 1
        most = max(most, executions)
      case .gone: break
      }
      print("edit: \(row.edit): \(row.file): \(row.verdict)")
    }
    print(
      "\(CaseEdit.all.count) edits, \(rows.count) replays: \(exact) exact, \(adapted) adapted, "
        + "\(found) found again after \(most) executions at most, "
        + "\(rows.count { !$0.isBack }) gone")
    #expect(CaseEdit.all.count >= 20)
    #expect(rows.count >= 100)
    let back = rows.count { $0.isBack }
    #expect(back * 100 >= rows.count * 95)
  }

  @Test func `of a deadlock is a deadlock again`() throws {
    let file = try ProgramCase(Self.deadlock)
    let replay = KeptCases.replay(file, on: .opposite)
    #expect(replay.verdict == .exact)
    let evidence = try #require(replay.finding?.evidence)
    #expect(evidence.hasPrefix("cpu0 waits for rangeTree, which cpu1 holds; cpu1 waits for "))
    for edit in CaseEdit.all where edit.system == .none && edit.before == nil {
      var lines = CaseLines(file)
      guard edit.change(&lines) else { continue }
      let replay = KeptCases.replay(try ProgramCase(lines.text), on: .opposite)
      #expect(replay.finding != nil, "\(edit.name)")
    }
    #expect(KeptCases.replay(file).finding == nil)
  }
}
