extension Interleavings {
  /// Draws programs for so many threads and runs each in many orders.
  ///
  /// A program whose orders are few is run in all of them. Kept cases are tried first, and those
  /// that hold by now are removed.
  ///
  /// - Parameters:
  ///   - threads: Threads of a program.
  ///   - operations: Calls of a thread at most.
  ///   - initial: Calls before the threads start, at most.
  ///   - executions: Executions, where the environment does not say.
  /// - Throws: `InterleavingFailure`, `GaveUp` or `PropertySettings.Invalid`.
  @discardableResult
  public func check(
    threads: Int = 2, operations: Int = 3, initial: Int = 0, executions: Int = 20_000
  ) throws -> InterleavingReport {
    var check = try makeCheck(threads, operations, initial, executions)
    return try check.watching { check in
      try check.tryKeptCases()
      try check.tryFreshPrograms()
    }
  }

  /// Draws programs, and runs each on threads that really run at the same time: with real memory
  /// ordering, for ThreadSanitizer, and off the stage, where primitives are the real thing.
  ///
  /// What fails is looked for again in the interleavings of the same program. A call that waits for
  /// ever ends the process, with a word.
  ///
  /// - Parameter rounds: Programs, where the environment does not say.
  /// - Throws: `InterleavingFailure`, `GaveUp` or `PropertySettings.Invalid`.
  @discardableResult
  public func checkOnThreads(
    threads: Int = 2, operations: Int = 3, initial: Int = 0, rounds: Int = 500
  ) throws -> InterleavingReport {
    var check = try makeCheck(threads, operations, initial, rounds)
    return try check.watching { try $0.tryOnThreads() }
  }

  /// Runs every program of so many calls a thread, each in all orders that differ.
  ///
  /// Programs that differ only in which thread is which are run once, if it does not matter which
  /// thread may call what. The inputs of a program are drawn from choices 0, 1, 2, … in turn.
  /// - Throws: `InterleavingFailure` or `GaveUp`.
  @discardableResult
  public func prove(threads: Int = 2, operations: Int = 2) throws -> InterleavingReport {
    precondition(threads >= 1 && threads <= 8, "a proof has 1 to 8 threads")
    var check = try makeCheck(threads, operations, 0, .max)
    return try check.watching { try $0.tryAllPrograms() }
  }

  private func makeCheck(
    _ threads: Int, _ operations: Int, _ initial: Int, _ executions: Int
  ) throws -> InterleavingCheck {
    precondition(threads >= 1 && threads <= 32, "a program has 1 to 32 threads")
    precondition(operations >= 1, "a thread calls something")
    precondition(!statement.subject.kinds.isEmpty, "no operation was added")
    return try InterleavingCheck(
      statement, CallLimits(threads: threads, operations: operations, initial: initial),
      executions)
  }
}

/// What was tried, and what that lets one say.
public struct InterleavingReport: Sendable, CustomStringConvertible {
  public let name: String
  public let seed: Seed
  public internal(set) var programs = 0
  /// Of those, the ones that were run in all orders that differ.
  public internal(set) var exhausted = 0
  public internal(set) var executions = 0
  /// Executions of which it could not be decided whether their answers are right.
  public internal(set) var undecided = 0
  /// Locks that threads take in more than one order, and who does; nil if none were seen.
  public internal(set) var inversion: String?
  /// Whether there are no other programs of this size.
  public internal(set) var isProof = false
  /// Kept cases that hold by now, whose files were therefore removed.
  public internal(set) var retired: [String] = []
  var claim: BuggyShareClaim

  init(name: String, seed: Seed, threads: Int) {
    self.name = name
    self.seed = seed
    claim = BuggyShareClaim(cpus: threads)
  }

  /// What was run, and what that lets one say.
  public var description: String {
    var lines = [
      "✔ \(name): \(executions.of("execution")) of \(programs.of("program"))"
        + (isProof ? "" : ", seed \(seed)")
    ]
    if isProof {
      lines.append("  no failure in any order of any sequence of operations of this size")
    } else if exhausted > 0 {
      lines.append("  \(exhausted.of("program")) in all orders that differ")
    }
    if !claim.description.isEmpty { lines.append("  \(claim)") }
    if undecided > 0 {
      lines.append(
        "  unknown in \(undecided.of("execution")): too many orders explain, or fail to explain, "
          + "the answers")
    }
    if let inversion { lines.append("  locks are taken in more than one order: \(inversion)") }
    for path in retired { lines.append("  retired \(path), which holds now") }
    return lines.joined(separator: "\n")
  }
}
