import IOVA

/// Removes what can go even if the failure then comes about in another way: the same law breaks, in
/// any call, in another interleaving.
extension ProgramSearch {
  /// The most interleavings of one program that are tried.
  private static let mostInterleavings = 600
  /// Interleavings tried after all that differ in what steps touch: laws also depend on when a call
  /// returns, and a fault may leave out a lock that told orders apart.
  private static let mostAfterAll = 64
  /// The most rounds; each but the last makes the program smaller.
  private static let mostRounds = 8

  /// Removes whatever can go, and shrinks the rest as before, until nothing can go; returns how
  /// many programs were tried in vain, or nil if it was stopped.
  func reduce(_ shrinkAgain: () -> Void) -> Int? {
    var checks = 0
    for _ in 0..<Self.mostRounds {
      var reducer = ProgramReducer(best.program) { self.find($0, $1) }
      reducer.isOver = shouldStop
      let isReduced = reducer.reduce()
      checks += reducer.checks
      if shouldStop() { return nil }
      let isCalmer = searchFewerSwitches()
      if !isReduced, !isCalmer { return checks }
      shrinkAgain()
    }
    return nil
  }

  /// Keeps a program that breaks the law, and how.
  private func find(_ program: Program, _ effort: ProgramReducer.Effort) -> Program? {
    let found =
      blamedBreach(program, .schedule(best.trace.schedule))
      ?? blamedBreach(program, .script(script, .renamed))
      ?? (effort == .search ? search(program) : nil)
    guard let found else { return nil }
    best = found
    return found.program
  }

  /// Searches for the same failure with fewer switches; returns whether there is one.
  private func searchFewerSwitches() -> Bool {
    var isFound = false
    while best.trace.switches > 0, !shouldStop(),
      let found = search(best.program, switches: best.trace.switches - 1)
    {
      best = found
      isFound = true
    }
    return isFound
  }

  /// An interleaving of a program that breaks the law.
  ///
  /// - Parameter most: the most switches that it may have; each preemption is one.
  private func search(_ program: Program, switches most: Int? = nil) -> Case? {
    let policy = run.policy
    defer { run.policy = policy }
    run.policy = most.map { Portfolio(only: .exhaustive, preemptions: $0) } ?? Portfolio()
    var (number, end) = (0, Self.mostInterleavings)
    while number < end, !shouldStop() {
      let seed = Seed(0).derived(UInt64(number))
      number += 1
      searched += 1
      let execution = explore(program, seed)
      if execution.finding?.law == failure.law {
        let schedule = run.tracing { run.again(program, seed) }.trace.schedule
        let found = blamedBreach(program, .schedule(schedule))
        if let found, most.map({ found.trace.switches <= $0 }) ?? true { return found }
      }
      guard execution.hasTriedAll || run.policy.exhaustive.hasDiverged else { continue }
      if most != nil { return nil }
      end = min(end, number + Self.mostAfterAll)
    }
    return nil
  }

  /// What is seen when nobody runs is looked for there only in executions that are traced.
  private func explore(_ program: Program, _ seed: Seed) -> Execution {
    failure.call == nil
      ? run.tracing { run.explore(program, seed) } : run.explore(program, seed)
  }
}
