/// One run of `Interleavings`: kept cases, then fresh programs, until one fails.
struct InterleavingCheck {
  /// Executions of a program whose orders are many.
  private static let executionsOfProgram: UInt64 = 16
  /// Programs with fewer orders are run in all of them.
  private static let exhaustiveLimit: UInt64 = 2_000

  let statement: Statement
  let limits: CallLimits
  let wanted: Int
  private let end: ContinuousClock.Instant?
  let run: StageRun
  private var present: PresentRun?
  private var hasReachedStage = false
  var report: InterleavingReport

  init(
    _ statement: Statement, _ limits: CallLimits, _ executions: Int
  ) throws {
    self.statement = statement
    self.limits = limits
    let settings = try statement.settings ?? PropertySettings.fromEnvironment()
    wanted = settings.cases ?? (settings.time == nil ? executions : .max)
    end = settings.time.map { ContinuousClock.now.advanced(by: $0) }
    run = Self.makeRun(statement, limits.threads)
    report = InterleavingReport(
      name: statement.name, seed: settings.seed ?? Seed(stableHash(statement.name)),
      threads: limits.threads)
  }

  private static func makeRun(
    _ statement: Statement, _ threads: Int
  ) -> StageRun {
    // Under ThreadSanitizer threads with a baton: coroutines share what is kept by thread.
    let kind = ThreadSanitizer.ofThisProcess == nil ? CarrierKind.fastest : .dispatch
    let run = StageRun(statement.subject, threads: threads, carrier: kind)
    run.policy = Portfolio(exhaustiveLimit: exhaustiveLimit)
    return run
  }

  /// Another run, for programs of at least so many threads, which executes from now on.
  private func another(threads: Int) -> StageRun {
    let run = Self.makeRun(statement, max(limits.threads, threads))
    run.describe = self.run.describe
    present?.run = run
    return run
  }

  /// Does something under the watch that nothing hangs or dies without a word.
  mutating func watching(
    _ body: (inout InterleavingCheck) throws -> Void
  ) throws -> InterleavingReport {
    let (statement, seed) = (statement, report.seed)
    let present = PresentRun(run)
    self.present = present
    let describe = { Self.describe(statement, present.run, seed) }
    run.describe = describe
    defer { present.run.describe = nil }
    try StageWatch.watching(describe) { try body(&self) }
    return report
  }

  /// The program that runs, and where its threads are, for who can't run it any more.
  static func describe(
    _ statement: Statement, _ run: StageRun, _ seed: Seed
  ) -> String {
    var lines = ["✘ \(statement.name)"]
    if let setting = statement.subject.setting { lines.append("  setting: \(setting.text())") }
    if !run.initial.isEmpty {
      lines.append("  first: " + run.initial.map(\.text).joined(separator: ", "))
    }
    let present = run.present
    for (lane, texts) in run.texts.dropLast().enumerated() where !texts.isEmpty {
      let place = present[lane].map { ", is in \($0)" } ?? ""
      lines.append("  \(run.names.actor(lane)): \(texts.joined(separator: ", "))\(place)")
    }
    lines.append(
      "  replay: STRESS_SEED=\(seed) swift test --filter '\(statement.place.filter)'")
    return lines.joined(separator: "\n")
  }

  var isTimeUp: Bool { end.map { ContinuousClock.now >= $0 } ?? false }

  /// Runs what failed in earlier runs; what holds now is retired.
  mutating func tryKeptCases() throws {
    guard let folder = statement.folder else { return }
    for path in folder.files(of: statement.name) {
      let text = (try? SystemFiles.read(path)) ?? ""
      guard CallCaseFile.name(in: text).map({ $0 == statement.name }) ?? true else { continue }
      let file: CallCaseFile
      do throws(CallCaseFile.ParseError) {
        file = try CallCaseFile(
          parsing: text, statement.subject.kinds.map(\.name))
      } catch {
        throw PropertyError.unreadableCase(path: path, reason: "\(error)")
      }
      // It may have been kept when there were more threads.
      let run = another(threads: file.program.lanes.count)
      let replay = CallReplay(file, on: run, searching: 2_000)
      guard let found = replay.failure else {
        try SystemFiles.remove(path)
        report.retired.append(path)
        continue
      }
      throw failure(found, finder: replay.verdict, executions: 0, path: path)
    }
  }

  /// Draws programs, and runs each in some orders, or in all.
  mutating func tryFreshPrograms() throws {
    present?.run = run
    let setting = statement.subject.setting.map(\.draw)
    var draft = CallDraft(statement.subject.kinds, limits, setting: setting)
    var source = ChoiceSource(seed: report.seed)
    while report.executions < wanted, !isTimeUp {
      source.reset(seed: report.seed.derived(UInt64(report.programs)))
      run.forgetCalls()
      try tryProgram(draft.draw(from: &source))
      if report.executions >= 100, !hasReachedStage, limits.threads > 1 { throw unreached() }
    }
    if report.executions >= 100, let name = run.unknownLocks.first { throw unjudged(name) }
  }

  private mutating func tryProgram(_ program: CallProgram) throws {
    try run.prepare(program, isDrawn: true)
    run.forgetPlan()
    let seed = report.seed.derived(UInt64(report.programs) | 1 << 63)
    report.programs += 1
    var number: UInt64 = 0
    var isSpinning = false
    while report.executions < wanted {
      let own = seed.derived(number)
      number += 1
      let execution = run.explore(own)
      note(execution)
      if let finding = execution.finding {
        throw found(finding, execution, own)
      }
      if run.hasTakenTurns { isSpinning = true }
      if execution.hasTriedAll {
        if !isSpinning { report.exhausted += 1 }
        return
      }
      if execution.policy != .exhaustive, number >= Self.executionsOfProgram { return }
      if number % 1024 == 0, isTimeUp { return }
    }
  }

  private mutating func note(_ execution: Execution) {
    if run.hasReachedStage { hasReachedStage = true }
    if execution.wasPruned { return }
    report.executions += 1
    if report.inversion == nil { report.inversion = run.inversion }
    if execution.isUndecided { report.undecided += 1 }
    guard let depth = execution.depth, execution.finding == nil else { return }
    report.claim.count(depth: depth, steps: execution.steps, planned: execution.planned)
  }

  // MARK: All programs

  /// Runs every program of the size in all orders that differ.
  mutating func tryAllPrograms() throws {
    run.policy = Portfolio(only: .exhaustive)
    let draft = CallDraft(statement.subject.kinds, limits, setting: nil)
    let lanes = (1...limits.threads).map { thread in
      Self.lanes(draft.operations[thread], limits.operations)
    }
    try extend([], lanes, isSymmetric: !statement.subject.namesThreads)
    if !hasReachedStage, limits.threads > 1 { throw unreached() }
    if let name = run.unknownLocks.first { throw unjudged(name) }
    report.isProof = true
  }

  /// All sequences of so many operations, and of fewer.
  private static func lanes(_ operations: [Int], _ most: Int) -> [[Int]] {
    var all: [[Int]] = [[]]
    var longest = all
    for _ in 0..<most {
      longest = longest.flatMap { lane in operations.map { lane + [$0] } }
      all += longest
    }
    return all
  }

  private mutating func extend(
    _ chosen: [Int], _ lanes: [[[Int]]], isSymmetric: Bool
  ) throws {
    guard chosen.count < lanes.count else {
      let program = Self.program(chosen.enumerated().map { lanes[$0.offset][$0.element] })
      if program.count > 0 { try proveProgram(program) }
      return
    }
    let first = isSymmetric ? chosen.last ?? 0 : 0
    for number in first..<lanes[chosen.count].count {
      try extend(chosen + [number], lanes, isSymmetric: isSymmetric)
    }
  }

  private static func program(_ lanes: [[Int]]) -> CallProgram {
    var number: UInt64 = 0
    var program = CallProgram()
    program.lanes = lanes.map { lane in
      lane.map { operation in
        defer { number += 1 }
        return DrawnCall(operation: operation, choices: Array(repeating: number, count: 4))
      }
    }
    return program
  }

  private mutating func proveProgram(_ program: CallProgram) throws {
    try run.prepare(program)
    run.forgetPlan()
    report.programs += 1
    repeat {
      let execution = run.explore(Seed(0))
      note(execution)
      if let finding = execution.finding { throw found(finding, execution, Seed(0)) }
      if run.hasTakenTurns {
        throw InterleavingFailure(
          text: "✘ \(statement.name): can't be proved: a thread spins until another has done "
            + "something, so that there is no end of orders")
      }
    } while !run.policy.isComplete && !run.policy.exhaustive.hasDiverged
    guard !run.policy.exhaustive.hasDiverged else {
      throw InterleavingFailure(
        text: "✘ \(statement.name): the code under test does not do the same again under one "
          + "schedule: it depends on something outside the stage")
    }
    report.exhausted += 1
  }

  // MARK: What fails

  /// The failure of the last execution, made minimal.
  private mutating func found(
    _ finding: Finding, _ execution: Execution, _ seed: Seed
  ) -> InterleavingFailure {
    guard let first = run.failure(.again(seed)) else {
      return InterleavingFailure(
        text: "✘ \(statement.name): \(finding.law)\n  \(finding.evidence)\n"
          + "  it does not fail again under the same schedule: the code under test depends on "
          + "something outside the stage")
    }
    return failure(first, finder: execution.finder, executions: report.executions, path: nil)
  }

  mutating func failure(
    _ found: CallCase, finder: String, executions: Int, path: String?
  ) -> InterleavingFailure {
    let clock = ContinuousClock()
    let latest = clock.now.advanced(by: .seconds(10))
    let run = another(threads: found.program.lanes.count)
    let search = CallSearch(
      found.program, found.trace.schedule, on: run, shouldStop: { clock.now >= latest })
    var failure = InterleavingFailure(text: "")
    if var search {
      search.shrink()
      failure = InterleavingFailure(statement, search, run, limits)
    } else {
      failure.text = "✘ \(statement.name): \(found.finding.law)\n  \(found.finding.evidence)"
    }
    failure.executions = executions
    failure.tell(
      statement, seed: report.seed, finder: finder, kept: path, from: found.program.count)
    return failure
  }

  private func unjudged(_ lock: String) -> InterleavingFailure {
    InterleavingFailure(
      text: "✘ \(statement.name): an invariant holds when \"\(lock)\" is free, and no lock on the "
        + "stage has that name")
  }

  private func unreached() -> InterleavingFailure {
    InterleavingFailure(
      text: "✘ \(statement.name): no switch point was reached in "
        + "\(report.executions.of("execution")): is the code on the stage? Its primitives have to "
        + "be those of Stage, and made when the system is made")
  }
}

/// The run that executes at present, for whoever describes it.
private final class PresentRun {
  var run: StageRun

  init(_ run: StageRun) { self.run = run }
}
