/// The replay of a kept case with interleaved CPUs: whether its failure came back, and how.
///
/// An edited program or system may not fit the schedule any more. So the schedule is followed as
/// written, then more loosely, and finally the interleavings of the same commands are searched. The
/// limit is a number of executions, not a time, so the answer is always the same.
public struct CaseReplay {
  /// How the failure came back.
  public enum Verdict: Hashable, Sendable {
    /// Every turn was as written.
    case exact
    /// The schedule did not fit everywhere.
    case adapted
    /// Not under such a schedule, but after that many other interleavings of the same commands.
    case foundAgain(executions: Int)
    /// It did not: the law held in that many interleavings as well.
    case gone(executions: Int)
  }

  /// The most interleavings that are searched: less than a second's worth.
  public static let searchLimit = 20_000

  public let verdict: Verdict
  /// What broke; nil if gone.
  public let finding: Finding?
  /// The execution in which it broke, in words; nil if gone.
  public let script: Script?

  /// Runs the case.
  ///
  /// - Parameter run: judges the law of the case, and should judge no other, since another law that
  ///   breaks first ends an execution.
  public init(_ file: ProgramCase, on run: ControlledRun, searching limit: Int = searchLimit) {
    let program = file.program
    let law = file.finding.law
    if !file.choices.isEmpty {
      var source = ChoiceSource(replaying: ChoiceSequence(values: file.choices))
      let told = run.describing(program) { run.run(program, &source) }
      if told.finding?.law == law {
        self.init(.exact, told)
        return
      }
    }
    for fit in ScriptFit.allCases {
      let told = run.describing(program) { run.replay(program, file.script, fit) }
      guard told.finding?.law == law else { continue }
      self.init(told.execution.isExact ? .exact : .adapted, told)
      return
    }
    self.init(searching: program, law, on: run, limit)
  }

  private init(_ verdict: Verdict, _ told: ToldExecution?) {
    self.verdict = verdict
    finding = told?.finding
    script = told?.script
  }

  private init(searching program: Program, _ law: String, on run: ControlledRun, _ limit: Int) {
    let policy = run.policy
    defer { run.policy = policy }
    run.policy = Portfolio()
    var source = ChoiceSource(seed: Seed(0))
    // If locks are missing, an exhausted enumeration proves nothing, since it leaves out orders
    // that only locks tell apart; the other policies then go on.
    for number in 0..<limit {
      source.reset(seed: Seed(0).derived(UInt64(number)))
      if run.run(program, &source).finding?.law == law {
        var again = ChoiceSource(replaying: source.choices)
        let told = run.describing(program) { run.run(program, &again) }
        self.init(.foundAgain(executions: number + 1), told)
        return
      }
    }
    self.init(.gone(executions: limit), nil)
  }
}

extension CaseReplay {
  /// The verdict in one line, with the law and what was tried.
  public func summary(of law: String) -> String {
    switch verdict {
    case .exact: "exact: \(law) breaks, and every turn is as written"
    case .adapted: "adapted: the schedule does not fit everywhere, and \(law) still breaks"
    case .foundAgain(let count):
      "found again by search: the schedule does not break \(law), but interleaving \(count) "
        + "of the same commands does"
    case .gone(let count):
      "gone: \(law) holds under the schedule as written, by rank of locks alone, and in \(count) "
        + "other interleavings"
    }
  }
}
