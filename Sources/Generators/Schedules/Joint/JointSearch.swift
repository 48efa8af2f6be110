/// The search for a smaller case: the smallest so far, and the passes that look for a smaller one.
struct JointSearch {
  /// The smallest case that failed, with the whole schedule of its trace.
  private(set) var best: JointCase
  /// What took place when it ran.
  private(set) var trace: JointTrace
  private(set) var replays = 1
  /// Replays of the last round, in which nothing was found.
  private(set) var checks = 0
  private(set) var isComplete = false

  private let unscheduled: Set<Int>
  private let limit: Int
  private let shouldStop: () -> Bool
  private let test: (JointCase, inout JointTrace) -> Bool
  private var switches: Int
  private var isOver = false
  private var scratch = JointTrace()

  /// Above this many commands pairs are not tried, since there are too many.
  private static let pairLimit = 12

  init(
    _ failing: JointCase, _ trace: JointTrace, unscheduled: Set<Int> = [], limit: Int,
    shouldStop: @escaping () -> Bool,
    test: @escaping (JointCase, inout JointTrace) -> Bool
  ) {
    best = JointCase(commands: failing.commands, schedule: trace.schedule)
    self.trace = trace
    switches = trace.switches
    self.unscheduled = unscheduled
    self.limit = limit
    self.shouldStop = shouldStop
    self.test = test
  }

  /// Runs all passes until none of them finds anything.
  mutating func run(isBrief: Bool) {
    while !isOver {
      let (size, turns, before) = (best.commandCount, switches, replays)
      dropUnused()
      dropCPUs()
      dropWindows()
      mergeSegments()
      if isBrief { return }
      // Only at what would otherwise be the end: there are many pairs, and few that matter.
      if best.commandCount == size, switches == turns { dropPairs() }
      if best.commandCount == size, switches == turns {
        checks = replays - before
        isComplete = !isOver
        return
      }
    }
  }

  /// Runs a candidate, and keeps it if it fails in the same way and is smaller.
  private mutating func attempt(_ candidate: JointCase) -> Bool {
    guard !isOver, replays < limit, !shouldStop() else {
      isOver = true
      return false
    }
    replays += 1
    scratch.removeAll()
    guard test(candidate, &scratch) else { return false }
    let (count, turns) = (candidate.commandCount, scratch.switches)
    guard count < best.commandCount || count == best.commandCount && turns < switches else {
      return false
    }
    swap(&trace, &scratch)
    switches = turns
    best = JointCase(commands: candidate.commands, schedule: trace.schedule)
    return true
  }

  // MARK: - Passes, those first that remove most

  /// Commands that took no step cannot have mattered, unless their absence does.
  private mutating func dropUnused() {
    var used: [Set<Int>] = Array(repeating: [], count: best.commands.count)
    for step in trace.steps { used[step.cpu].insert(step.command) }
    var candidate = best
    for cpu in candidate.commands.indices where !unscheduled.contains(cpu) {
      candidate.commands[cpu].removeAll { !used[cpu].contains($0) }
    }
    if candidate != best { _ = attempt(candidate) }
  }

  private mutating func dropCPUs() {
    for cpu in best.commands.indices.reversed() where !best.commands[cpu].isEmpty {
      var candidate = best
      candidate.commands[cpu] = []
      candidate.schedule = trace.schedule { $0.cpu == cpu }
      _ = attempt(candidate)
    }
  }

  /// Windows of half of a CPU's commands, then of a quarter, down to single ones, from the end.
  private mutating func dropWindows() {
    for cpu in best.commands.indices {
      var size = best.commands[cpu].count / 2
      while size > 0 {
        var end = best.commands[cpu].count
        while end > 0, !isOver {
          let window = max(0, end - size)..<end
          _ = dropWindow(window, of: cpu)
          end = window.lowerBound
        }
        size /= 2
      }
    }
  }

  private mutating func dropWindow(_ window: Range<Int>, of cpu: Int) -> Bool {
    let commands = best.commands[cpu]
    // Of the numbers in between none is left outside the window, for they ascend.
    let numbers = commands[window.lowerBound]...commands[window.upperBound - 1]
    var candidate = best
    candidate.commands[cpu].removeSubrange(window)
    candidate.schedule = trace.schedule { $0.cpu == cpu && numbers.contains($0.command) }
    return attempt(candidate)
  }

  /// Two commands anywhere that only together can be left out, such as an allocation and its free.
  private mutating func dropPairs() {
    guard best.commandCount <= Self.pairLimit else { return }
    let all = best.commands.enumerated().flatMap { cpu, commands in
      commands.map { (cpu: cpu, command: $0) }
    }
    for later in all.indices.reversed() {
      for earlier in 0..<later {
        let pair = [all[earlier], all[later]]
        var candidate = best
        for (cpu, command) in pair { candidate.commands[cpu].removeAll { $0 == command } }
        candidate.schedule = trace.schedule { step in
          pair.contains { $0.cpu == step.cpu && $0.command == step.command }
        }
        if attempt(candidate) || isOver { return }
      }
    }
  }

  /// Moves a turn to the one before, or to the one after, of the same CPU.
  private mutating func mergeSegments() {
    var index = best.schedule.segments.count - 1
    while index >= 0, !isOver {
      if mergeSegment(index) {
        index = min(index, best.schedule.segments.count)
      }
      index -= 1
    }
  }

  private mutating func mergeSegment(_ index: Int) -> Bool {
    let segments = best.schedule.segments
    let cpu = segments[index].cpu
    let earlier = segments[..<index].lastIndex { $0.cpu == cpu }
    let later = segments[(index + 1)...].firstIndex { $0.cpu == cpu }
    for target in [earlier, later] {
      guard let target else { continue }
      var moved = segments
      moved[target].steps += moved[index].steps
      moved[index].steps = 0
      if attempt(JointCase(commands: best.commands, schedule: Schedule(moved))) { return true }
    }
    return false
  }
}
