import IOVA

/// Runs programs on one thread, in their order: the same program gives the same run, always.
public final class SequentialRun {
  /// One line of what happened.
  public struct Step: Hashable, Sendable {
    public let command: Command
    /// What it returned, as it is printed; empty if nothing.
    public let answer: String
    /// Whether the command is no part of the program, but gives back what the program left.
    public let isEnding: Bool
  }

  public let judge: Judge
  /// Commands run so far, without the skipped ones.
  public private(set) var commandCount: UInt64 = 0
  /// Whether the last program ended before its request that was to be refused.
  public private(set) var isRefusalDue = false
  private let handles = HandleTable(isShared: false)

  public init(_ judge: Judge) { self.judge = judge }

  /// Runs a program to its end, to teardown, or to the first broken law.
  public func run(_ program: Program) -> Finding? { run(program) { _, _, _ in } }

  /// Runs a program once more, and says what happened; skipped commands are left out.
  public func transcript(_ program: Program) -> (steps: [Step], finding: Finding?) {
    var steps: [Step] = []
    let finding = run(program) { command, answer, isEnding in
      guard let text = SequentialRun.text(answer) else { return }
      steps.append(Step(command: command, answer: text, isEnding: isEnding))
    }
    return (steps, finding)
  }

  private func run(
    _ program: Program, _ report: (Command, Interpreter.Answer, _ isEnding: Bool) -> Void
  ) -> Finding? {
    defer { judge.resets() }
    let machine = Machine(
      cpus: program.settings.cpus, clock: .virtual, supervisor: judge.supervisor)
    defer { isRefusalDue = machine.memory.isRefusalDue }
    guard let domain = SequentialRun.makeDomain(program.settings, on: machine, judge) else {
      return judge.finding()
    }
    judge.opens(domain)
    handles.reset(count: program.handleCount)
    let interpreter = Interpreter(
      domain: domain, handles: handles, judge: judge, program: program)
    for command in program.commands {
      let answer = interpreter.run(command)
      report(command, answer, false)
      if answer != .skipped { commandCount &+= 1 }
      if judge.isBroken() { break }
    }
    if !judge.isBroken() {
      if program.settings.endsBusy {
        judge.rests()
      } else {
        interpreter.finish { report($0, .done, true) }
      }
    }
    judge.ends(domain)
    return judge.finding()
  }

  /// The domain of a program; nil if it can't be made, which is lawful where memory fails and if
  /// nothing of it is left.
  static func makeDomain(
    _ settings: ProgramSettings, on machine: Machine, _ judge: Judge
  ) -> IOVADomain? {
    if let credit = settings.initialCredit {
      machine.memory.starve(CPU(0), after: UInt64(credit))
    }
    if let number = settings.refusedRequest { machine.memory.refuse(request: UInt64(number)) }
    defer { machine.memory.feed(CPU(0)) }
    do throws(OutOfMemory) {
      return try IOVADomain(on: machine, settings.configuration)
    } catch {
      judge.cannotOpen(error.remains, machine.memory.refusals > 0)
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
