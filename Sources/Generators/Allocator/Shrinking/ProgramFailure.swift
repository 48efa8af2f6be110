import IOVA

/// How a program failed: the law, the kind of call that broke it, and the lock at which it was
/// seen.
///
/// Kinds rather than commands, and ranks rather than locks, since shrinking renumbers handles, CPUs
/// and size classes. A law broken at rest has neither call nor lock.
public struct ProgramFailure: Hashable, Sendable {
  /// What calls are told apart by: `CommandForm.call`, or what no command is.
  public struct Call: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// The work of a timer.
    public static let timer = Call("timer")
    /// The end of a domain whose workers are due.
    public static let teardown = Call("teardown")
    public static let free = Call(of: .free(Handle(0)))

    private init(_ name: String) { description = name }

    init(of action: Command.Action) { description = CommandForm.of(action).call }
  }

  /// The name of the law.
  public let law: String
  /// The call that broke it; nil if that was seen only at rest.
  public let call: Call?
  /// The kind of lock that the call next took or released; nil if it took no more.
  public let lock: LockRank?

  /// Whether both break the same law in the same kind of call.
  ///
  /// Where the call was next seen says nothing about what broke: which windows are switch points
  /// depends on the program's other commands.
  func isLike(_ other: ProgramFailure) -> Bool { law == other.law && call == other.call }

  /// A failure given by its parts; at rest if there is neither call nor lock.
  public init(law: String, call: Call? = nil, lock: LockRank? = nil) {
    self.law = law
    self.call = call
    self.lock = lock
  }

  /// The failure of an execution of a program.
  init(_ finding: Finding, _ breach: Breach?, of program: Program) {
    law = finding.law
    guard let breach else {
      call = nil
      lock = nil
      return
    }
    lock = breach.point?.lock.map { LockID($0).rank }
    if breach.actor == program.settings.cpus {
      call = .timer
    } else {
      let lane = program.lane(of: breach.actor)
      call =
        lane.indices.contains(breach.command) ? Call(of: lane[breach.command].action) : .teardown
    }
  }
}

extension Execution {
  /// How a program failed; nil if it did not.
  public func failure(of program: Program) -> ProgramFailure? {
    finding.map { ProgramFailure($0, breach, of: program) }
  }
}

extension ProgramFailure: CustomStringConvertible {
  /// `nothingRunsAfterTeardown in timer at depot`
  public var description: String {
    guard let call else { return "\(law) at rest" }
    return "\(law) in \(call)" + (lock.map { " at \($0)" } ?? "")
  }
}
