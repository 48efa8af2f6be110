import IOVA

/// Runs programs in order on one thread: the same program always gives the same run.
public final class SequentialRun {
  /// One line of what happened.
  public struct Step: Hashable, Sendable {
    /// Nil if nobody runs: when the judge is asked at rest, and at teardown.
    public let command: Command?
    /// What happens, as printed.
    public let text: String
    /// What it returned, as printed; empty if nothing.
    public let answer: String
    /// What changed in the domain meanwhile; for commands that give back what the program left,
    /// before it.
    public let changes: [Change]
    /// Whether it is not part of the program, but gives back what the program left.
    public let isEnding: Bool
    /// Whether a law broke here; true for at most one step.
    public var isBreach = false
    /// The state of the domain after it; nil unless that was asked for, and at teardown.
    package var state: DomainState?
  }

  public let judge: Judge
  /// Commands run so far, without skipped ones.
  public private(set) var commandCount: UInt64 = 0
  /// Whether the last program ended before its request that was to be refused.
  public private(set) var isRefusalDue = false
  private let handles = HandleTable(isShared: false)

  public init(_ judge: Judge) { self.judge = judge }

  /// Runs a program to its end, to teardown, or to the first broken law.
  public func run(_ program: Program) -> Finding? { run(program, nil) }

  /// Runs a program again, and returns what happened; skipped commands are left out.
  public func transcript(_ program: Program) -> (steps: [Step], finding: Finding?) {
    let scribe = SequentialScribe(judge)
    let finding = withExtendedLifetime(scribe) { run(program, scribe) }
    return (scribe.steps, finding)
  }

  /// Runs a program again, and returns the states of its domain.
  package func states(_ program: Program) -> StateList {
    let scribe = SequentialScribe(judge, looks: true)
    _ = withExtendedLifetime(scribe) { run(program, scribe) }
    return StateList(from: scribe.start, scribe.steps)
  }

  private func run(_ program: Program, _ scribe: SequentialScribe?) -> Finding? {
    defer { judge.resets() }
    let machine = Machine(
      cpus: program.settings.cpus, clock: .virtual, supervisor: scribe ?? judge.supervisor)
    defer { isRefusalDue = machine.memory.isRefusalDue }
    guard let domain = SequentialRun.makeDomain(program.settings, on: machine, judge) else {
      return judge.found
    }
    judge.opens(domain)
    handles.reset(count: program.handleCount)
    let interpreter = Interpreter(
      domain: domain, handles: handles, judge: judge, program: program)
    scribe?.watch(interpreter)
    for command in program.commands {
      let answer = interpreter.run(command)
      scribe?.ran(command, answer)
      if answer != .skipped { commandCount &+= 1 }
      if judge.isBroken { break }
    }
    if !judge.isBroken {
      if program.settings.endsBusy {
        judge.rests()
        resetIfReusable(domain, program.settings)
        if judge.isBroken { scribe?.ends(nil) }
      } else {
        interpreter.finish { scribe?.ends($0) }
      }
    }
    scribe?.settle()
    judge.ends(domain)
    scribe?.close()
    return judge.found
  }

  /// Resets a busy domain that can be reused, and has that judged; with one CPU it is only torn
  /// down.
  private func resetIfReusable(_ domain: IOVADomain, _ settings: ProgramSettings) {
    guard !judge.isBroken, settings.cpus > 1, settings.refusedRequest == nil, domain.isReusable
    else { return }
    judge.closes(domain.reset())
    domain.machine.reset()
    judge.wasReset(domain)
  }

  /// The domain of a program; nil if it can't be made, which is lawful if memory fails and nothing
  /// of the domain is left.
  static func makeDomain(
    _ settings: ProgramSettings, on machine: Machine, _ judge: Judge
  ) -> IOVADomain? {
    if let credit = settings.initialCredit {
      machine.memory.starve(CPU(0), after: UInt64(credit))
    }
    if let number = settings.refusedRequest { machine.memory.refuse(request: UInt64(number)) }
    defer {
      machine.memory.feed(CPU(0))
      if let credit = settings.initialCredit, settings.refusedRequest == nil {
        judge.wasMade(credit: UInt64(credit), refused: machine.memory.refusals)
      }
    }
    do throws(OutOfMemory) {
      return try IOVADomain(on: machine, settings.configuration)
    } catch {
      judge.cannotOpen(error.remains, isShort: machine.memory.refusals > 0)
      return nil
    }
  }

  static func text(_ answer: Interpreter.Answer) -> String? {
    switch answer {
    case .range(let range): "\(range)"
    case .failed: "nil"
    case .refused: "refused"
    case .done: ""
    case .skipped: nil
    }
  }
}
