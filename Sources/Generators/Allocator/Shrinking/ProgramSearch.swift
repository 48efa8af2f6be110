import IOVA

/// The search for a smaller program and schedule: the smallest so far, and ways to try others.
final class ProgramSearch {
  /// A program, what happened when it ran, and how it failed.
  struct Case {
    let program: Program
    let trace: JointTrace
    let finding: Finding
    let failure: ProgramFailure
    let size: ProgramSize

    /// What a traced execution came to; nil if nothing broke.
    init?(_ program: Program, _ execution: Execution) {
      guard let finding = execution.finding else { return nil }
      self.program = program
      self.finding = finding
      trace = execution.trace
      failure = ProgramFailure(finding, execution.breach, of: program)
      size = ProgramSize(program, trace)
    }
  }

  private struct Candidate: Hashable {
    let program: Program
    let guide: Runner.Guide
  }

  var best: Case
  /// How the best case fails, and what has to recur: its law and its kind of call.
  var failure: ProgramFailure { best.failure }
  /// Executions, including those of programs without their faults.
  private(set) var replays = 0
  private(set) var isOver = false
  /// Executions in search of other interleavings.
  var searched = 0

  let run: ControlledRun
  private let limit: Int
  let shouldStop: () -> Bool
  private var refuted: Set<Candidate> = []

  /// Up to this many commands, a program without its faults is judged to its very end.
  private static let fullTwin = 64

  /// Nil if the program does not fail.
  init?(
    _ program: Program, _ schedule: Schedule, on run: ControlledRun, limit: Int,
    shouldStop: @escaping () -> Bool
  ) {
    self.run = run
    self.limit = limit
    self.shouldStop = shouldStop
    let program = program.renumbered
    let found = Case(program, run.tracing { run.replay(program, schedule) })
    guard let found else { return nil }
    best = found
    replays = 1
    if isUnblamed(program, .schedule(found.trace.schedule)) { return nil }
  }

  /// A smaller program makes fewer requests for memory before the one that has to fail: how many
  /// fewer are tried, which is as many as making the domain for three CPUs takes, and some more.
  private static let mostFewerRequests = 40

  private func fails(
    _ program: Program, _ guide: Runner.Guide, isTrusting: Bool = false,
    isSimpler: (Program, JointTrace) -> Bool
  ) -> Case? {
    let found = failsAsIs(program, guide, isTrusting: isTrusting, isSimpler: isSimpler)
    guard found == nil, let number = program.settings.refusedRequest else { return found }
    var program = program
    for fewer in 1...Self.mostFewerRequests where fewer < number && !isOver {
      program.settings.refusedRequest = number - fewer
      let found = failsAsIs(program, guide, isTrusting: isTrusting, isSimpler: isSimpler)
      if let found { return found }
    }
    return nil
  }

  /// Runs a program; nil unless it fails in the same way, is simpler, and its faults are to blame.
  ///
  /// - Parameter isTrusting: Whether to assume that; the caller checks in the end.
  private func failsAsIs(
    _ program: Program, _ guide: Runner.Guide, isTrusting: Bool,
    isSimpler: (Program, JointTrace) -> Bool
  ) -> Case? {
    guard !isOver, replays < limit, !shouldStop() else {
      isOver = true
      return nil
    }
    let program = program.renumbered
    let candidate = Candidate(program: program, guide: guide)
    guard program.isLegal, !refuted.contains(candidate) else { return nil }
    replays += 1
    guard let found = breach(program, guide), found.failure.isLike(failure),
      isSimpler(program, found.trace),
      isTrusting || !isUnblamed(program, .schedule(found.trace.schedule))
    else {
      refuted.insert(candidate)
      return nil
    }
    return found
  }

  /// What a program does, if it breaks the law.
  private func breach(_ program: Program, _ guide: Runner.Guide) -> Case? {
    let found = Case(program, run.tracing { run.run(program, guide) })
    return found?.finding.law == failure.law ? found : nil
  }

  /// What a program does, if it breaks the law in whichever call, and its faults are to blame.
  func blamedBreach(_ program: Program, _ guide: Runner.Guide) -> Case? {
    searched += 1
    guard let found = breach(program, guide),
      !isUnblamed(program, .schedule(found.trace.schedule))
    else { return nil }
    return found
  }

  /// Runs a candidate, and keeps it if it fails in the same way and is simpler.
  @discardableResult
  func attempt(_ program: Program, _ guide: Runner.Guide) -> Bool {
    let found = fails(program, guide) { ProgramSize($0, $1) < best.size }
    guard let found else { return false }
    best = found
    return true
  }

  /// Runs a candidate under what is left of the present schedule.
  ///
  /// - Parameter actor: who takes a step from now on; nil if no one does.
  @discardableResult
  func attempt(_ program: Program, _ actor: (JointTrace.Step) -> Int?) -> Bool {
    attempt(program, .schedule(Schedule(cpus: best.trace.steps.compactMap(actor))))
  }

  /// Runs a candidate whose actors were exchanged, under the remaining steps or words.
  @discardableResult
  func attemptMoving(_ program: Program, _ actor: (JointTrace.Step) -> Int?) -> Bool {
    if attempt(program, actor) { return true }
    let moved = script.renamingActors { actor(JointTrace.Step(cpu: $0, command: 0)) }
    return attempt(program, .script(moved, .renamed))
  }

  /// Runs a candidate that takes other steps: as many as now, or up to the same points.
  @discardableResult
  func attemptInWords(_ program: Program) -> Bool {
    attempt(program, .schedule(best.trace.schedule)) || attempt(program, .script(script, .renamed))
  }

  /// What the best case does, in words; takes one replay if it is new.
  var script: Script {
    if let known = scriptOfBest, known.size == best.size { return known.script }
    let script = describe().script
    replays += 1
    scriptOfBest = (best.size, script)
    return script
  }
  private var scriptOfBest: (size: ProgramSize, script: Script)?

  /// What happened, row by row, and the schedule in words.
  func describe() -> (rows: [ControlledRow], script: Script) {
    let told = run.describing(best.program) { run.replay(best.program, best.trace.schedule) }
    return (told.rows, told.script)
  }

  /// Runs the best case again; for each step of its trace, the point from which the actor went on.
  func origins() -> [SwitchPoint?] {
    replays += 1
    return run.tracing { run.replay(best.program, best.trace.schedule) }.origins
  }

  /// Whether the best case keeps its law if these actors take the steps, as far as they can up to a
  /// place.
  func isMended(_ actors: [Int], upTo place: Int) -> Bool {
    replays += 1
    let other = run.tracing { run.replay(best.program, Schedule(cpus: actors)) }
    return other.finding?.law != failure.law
      && other.trace.steps.prefix(place).map(\.cpu) == Array(actors.prefix(place))
  }

  /// Whether the program breaks the law without its faults as well, in the setting they lived in.
  private func isUnblamed(_ program: Program, _ guide: Runner.Guide) -> Bool {
    guard !program.settings.faults.isEmpty else { return false }
    var twin = program
    twin.settings = program.settings.withoutFaults
    replays += 1
    let endedBriefly = run.endsBriefly
    // Long programs are not final; judging their ends costs more than running them.
    if program.commands.count <= Self.fullTwin { run.endsBriefly = false }
    defer { run.endsBriefly = endedBriefly }
    return run.run(twin, guide).finding?.law == failure.law
  }

  // MARK: Commands and segments

  /// Drops all commands that have not begun when the law breaks.
  func dropUnused() {
    let prefix = best.program.prefixCount
    var used = Array(repeating: -1, count: best.program.settings.cpus + 1)
    for step in best.trace.steps { used[step.cpu] = max(used[step.cpu], step.command) }
    var numbers = Array(repeating: -1, count: best.program.settings.cpus)
    var program = best.program
    program.commands = Array(program.commands.prefix(prefix))
    for command in best.program.commands.dropFirst(prefix) {
      numbers[command.cpu.index] += 1
      if numbers[command.cpu.index] <= used[command.cpu.index] { program.commands.append(command) }
    }
    program.inOrder = prefix
    if program.commands.count < best.program.commands.count { attempt(program) { $0.cpu } }
  }

  /// Drops commands and merges turns until nothing is left to drop.
  ///
  /// Whether faults are to blame is asked once, about the result: asking at each step takes one
  /// more replay for each thing dropped, and is done only if they are not to blame.
  ///
  /// - Parameter isBrief: Whether to try everything only once, and no pairs of commands.
  func shrinkJointly(isBrief: Bool) {
    let smallest = shrunkJointly(isBrief: isBrief, isTrusting: true)
    guard smallest.size < best.size else { return }
    if isUnblamed(smallest.program, .schedule(smallest.trace.schedule)) {
      best = shrunkJointly(isBrief: isBrief, isTrusting: false)
    } else {
      best = smallest
    }
  }

  /// The smallest case that dropping leads to.
  ///
  /// What runs in order is one more lane after the worker's, of commands that take no steps.
  private func shrunkJointly(isBrief: Bool, isTrusting: Bool) -> Case {
    let program = best.program
    let prefix = program.prefixCount
    let worker = program.settings.cpus
    var lanes = (0..<worker).map { Array(program.lane(of: $0).indices) }
    lanes += [[], Array(0..<prefix)]
    let start = JointCase(commands: lanes, schedule: best.trace.schedule)
    var shrinker = JointShrinker()
    shrinker.replayLimit = .max
    shrinker.isBrief = isBrief
    // The same order as the shrinker's own: commands, then switches.
    var smallest = best
    let test = { (candidate: JointCase, trace: inout JointTrace) -> Bool? in
      if candidate != start {
        let size = (smallest.program.commands.count, smallest.trace.switches)
        let smaller = program.keeping(candidate.commands)
        let found = self.fails(
          smaller, .schedule(candidate.schedule), isTrusting: isTrusting
        ) {
          ($0.commands.count, $1.switches) < size
        }
        guard let found else { return nil }
        smallest = found
      }
      for step in smallest.trace.steps {
        let names = candidate.commands[step.cpu]
        // The start, a timer and teardown are not commands, and are never dropped.
        let name = names.indices.contains(step.command) ? names[step.command] : -1
        trace.append(cpu: step.cpu, command: name)
      }
      return true
    }
    _ = shrinker.shrink(
      start, unscheduled: [worker + 1], shouldStop: { self.isOver }, run: test)
    return smallest
  }
}

extension ProgramSearch {
  /// Above this many commands, pairs are not tried, since there are too many.
  private static let pairLimit = 12

  /// Drops commands, and pairs of them, when the remaining ones take other steps than before.
  ///
  /// What runs in order takes no steps, so if everything does, there is nothing to put in words.
  func dropInWords() {
    guard best.program.commands.count > best.program.prefixCount else { return }
    var last = best.program.commands.count - 1
    while last >= 0, !isOver {
      if dropInWords([last]) {
        last = min(last, best.program.commands.count)
      }
      last -= 1
    }
    guard best.program.commands.count <= Self.pairLimit else { return }
    for later in best.program.commands.indices.reversed() {
      for earlier in 0..<later where !isOver {
        if dropInWords([earlier, later]) { return }
      }
    }
  }

  private func dropInWords(_ positions: [Int]) -> Bool {
    var program = best.program
    let prefix = program.prefixCount
    for position in positions.reversed() { program.commands.remove(at: position) }
    program.inOrder = prefix - positions.count { $0 < prefix }
    return attempt(program, .script(script, .renamed))
  }
}

extension Program {
  /// The same program with these commands only.
  ///
  /// - Parameter lanes: for each CPU; after the worker's, which is empty, those that run in order.
  fileprivate func keeping(_ lanes: [[Int]]) -> Program {
    let prefix = prefixCount
    let kept = lanes.map { Set($0) }
    var counts = Array(repeating: 0, count: settings.cpus)
    var program = self
    program.commands = []
    for (position, command) in commands.enumerated() {
      if position < prefix {
        if kept[settings.cpus + 1].contains(position) { program.commands.append(command) }
      } else {
        let number = counts[command.cpu.index]
        counts[command.cpu.index] += 1
        if kept[command.cpu.index].contains(number) { program.commands.append(command) }
      }
    }
    program.inOrder = lanes[settings.cpus + 1].count
    return program
  }
}
