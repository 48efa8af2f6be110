/// A program of calls that fails, and the schedule it fails under.
struct CallCase {
  var program: CallProgram
  var trace: JointTrace
  var finding: Finding
}

/// Makes a failing program of calls small together with its schedule.
///
/// Calls and switches go first, then inputs get simpler, then what is left is searched for orders
/// under which fewer calls or switches do, and so are programs with calls moved or drawn afresh.
/// The same law must break.
struct CallSearch {
  /// Executions of a program that is searched for another order.
  static let searchLimit = 400
  /// Preemptions up to which all orders with fewer switches are looked for.
  private static let mostPreemptions = 3

  let run: StageRun
  let shouldStop: () -> Bool
  private(set) var best: CallCase
  private(set) var replays = 0
  /// Replays of the last round, in which nothing was found.
  private(set) var checks = 0
  private(set) var isComplete = false

  /// Nil if the program does not fail under the schedule.
  init?(
    _ program: CallProgram, _ schedule: Schedule, on run: StageRun,
    shouldStop: @escaping () -> Bool
  ) {
    self.run = run
    self.shouldStop = shouldStop
    guard let found = run.failure(program, .schedule(schedule)) else { return nil }
    best = found
  }

  /// What there is less of in a simpler case: calls, switches, threads, and choices of inputs.
  private struct Size {
    let counts: [Int]
    let choices: [UInt64]

    init(_ found: CallCase) {
      let program = found.program
      counts = [
        program.count, found.trace.switches, program.lanes.count { !$0.isEmpty },
        program.choiceCount,
      ]
      choices = program.setting + program.calls.flatMap(\.choices)
    }

    static func < (a: Size, b: Size) -> Bool {
      a.counts == b.counts
        ? a.choices.lexicographicallyPrecedes(b.choices)
        : a.counts.lexicographicallyPrecedes(b.counts)
    }
  }

  private var size: Size { Size(best) }

  /// Runs all passes until none finds anything.
  mutating func shrink() {
    while !shouldStop() {
      let (before, count) = (size, replays)
      shrinkJointly()
      mergeThreads()
      lowerInputs()
      searchForLess()
      searchForFewerSwitches()
      moveCalls()
      if !(size < before) { drawSmaller() }
      guard size < before else {
        checks = replays - count
        isComplete = true
        return
      }
    }
  }

  /// Keeps a candidate that fails in the same way and is smaller.
  @discardableResult
  private mutating func attempt(_ program: CallProgram, _ guide: CallGuide) -> Bool {
    replays += 1
    guard let found = run.failure(program, guide), found.finding.law == best.finding.law,
      Size(found) < size
    else { return false }
    best = found
    return true
  }

  // MARK: Calls and switches

  private mutating func shrinkJointly() {
    let program = best.program
    let start = JointCase(commands: program.numbers, schedule: best.trace.schedule)
    var shrinker = JointShrinker()
    shrinker.replayLimit = 20_000
    let (law, run) = (best.finding.law, run)
    var smallest = best
    var count = 0
    let test = { (candidate: JointCase, trace: inout JointTrace) -> Bool? in
      count += 1
      let kept = program.keeping(candidate.commands)
      guard let found = run.failure(kept, .schedule(candidate.schedule)), found.finding.law == law
      else { return nil }
      for step in found.trace.steps {
        let names = candidate.commands[step.cpu]
        trace.append(
          cpu: step.cpu, command: names.indices.contains(step.command) ? names[step.command] : -1)
      }
      if Size(found) < Size(smallest) { smallest = found }
      return true
    }
    _ = shrinker.shrink(
      start, unscheduled: [program.lanes.count + 1], shouldStop: shouldStop, run: test)
    replays += count
    best = smallest
    dropIdleThreads()
  }

  /// Threads without calls are none; the others keep their order, and their number if it matters.
  private mutating func dropIdleThreads() {
    let lanes = best.program.lanes
    let busy = busyThreads
    guard busy.count < lanes.count, !busy.isEmpty else { return }
    var program = best.program
    program.lanes = busy.map { $0.map { lanes[$0] } ?? [] }
    let schedule = Schedule(
      cpus: best.trace.steps.compactMap { step in
        step.cpu == lanes.count ? busy.count : busy.firstIndex(of: step.cpu)
      })
    replays += 1
    guard let found = run.failure(program, .schedule(schedule)),
      found.finding.law == best.finding.law
    else { return }
    best = found
  }

  /// Has one thread make the calls of another as well, before or after its own.
  private mutating func mergeThreads() {
    guard !run.subject.namesThreads else { return }
    var thread = best.program.lanes.count - 1
    while thread > 0 {
      for other in 0..<thread where merge(thread, into: other) { break }
      thread = min(thread, best.program.lanes.count) - 1
    }
  }

  private mutating func merge(_ thread: Int, into other: Int) -> Bool {
    let lanes = best.program.lanes
    let schedule = Schedule(
      cpus: best.trace.steps.map { step in
        step.cpu == thread ? other : step.cpu > thread ? step.cpu - 1 : step.cpu
      })
    for merged in [lanes[other] + lanes[thread], lanes[thread] + lanes[other]] {
      var program = best.program
      program.lanes[other] = merged
      program.lanes.remove(at: thread)
      if attempt(program, .schedule(schedule)) { return true }
      if search(program, Portfolio(exhaustiveLimit: 5_000)) { return true }
    }
    return false
  }

  /// The threads that are left, by the number that each has then; nil for one without calls.
  private var busyThreads: [Int?] {
    let (lanes, kinds) = (best.program.lanes, run.subject.kinds)
    let isNamed = lanes.map { $0.contains { kinds[$0.operation].onlyThread != nil } }
    var threads = lanes.indices.map { isNamed[$0] ? $0 : nil }
    for lane in lanes.indices where !isNamed[lane] && !lanes[lane].isEmpty {
      threads[threads.firstIndex(of: nil) ?? lane] = lane
    }
    return Array(threads.prefix((threads.lastIndex { $0 != nil } ?? -1) + 1))
  }

  // MARK: Inputs

  private mutating func lowerInputs() {
    for place in 0..<best.program.choiceCount {
      var low: UInt64 = 0
      while place < best.program.choiceCount, low < best.program.choice(place), !shouldStop() {
        // From 0 upwards in halves of what is left.
        let value = best.program.choice(place)
        if attempt(best.program.setting(place, to: low), .schedule(best.trace.schedule)) { break }
        low = low + max(1, (value - low) / 2)
        if low >= value { break }
      }
    }
  }

  // MARK: Other orders

  /// Looks whether the failure comes about with one call less, or another in its place, in another
  /// order.
  private mutating func searchForLess() {
    var position = best.program.count - 1
    while position >= 0, !shouldStop() {
      if search(best.program.removing(position), Portfolio(exhaustiveLimit: 5_000)) {
        position = min(position, best.program.count)
      }
      position -= 1
    }
  }

  private mutating func searchForFewerSwitches() {
    var bound = 0
    while bound < min(best.trace.switches, Self.mostPreemptions), !shouldStop() {
      if search(best.program, Portfolio(only: .exhaustive, preemptions: bound)) { bound = 0 }
      bound += 1
    }
  }

  /// Runs a program under many orders; keeps the smallest case that fails in the same way.
  mutating func search(
    _ program: CallProgram, _ policy: Portfolio, limit: Int = searchLimit
  ) -> Bool {
    var isBetter = false
    let law = best.finding.law
    run.explore(program, policy, limit: limit) { found in
      guard found.finding.law == law,
        Size(found) < size
      else { return true }
      best = found
      isBetter = true
      return false
    } counting: {
      replays += $0
    }
    return isBetter
  }
}
