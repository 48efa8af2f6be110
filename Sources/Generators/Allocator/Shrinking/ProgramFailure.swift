import IOVA

/// How a program failed: the law, the kind of call that broke it, and the lock at which it was
/// seen.
///
/// Kinds rather than commands, and ranks rather than locks, since shrinking renumbers handles, CPUs
/// and size classes. A law broken at rest has neither call nor lock.
public struct ProgramFailure: Hashable, Sendable {
  /// What distinguishes calls.
  public enum Call: String, Sendable {
    case reserve, allocate, free, allocateFast, freeFast, deferFree, split, flush, unplug, plug
    case advance, mode, map, unmap, access, mapAgain, attach, setMask, find, unmapPart
    /// The work of a timer.
    case timer
    /// The end of a domain whose workers are due.
    case teardown
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
      call = lane.indices.contains(breach.command) ? Call(lane[breach.command].action) : .teardown
    }
  }
}

extension Execution {
  /// How a program failed; nil if it did not.
  public func failure(of program: Program) -> ProgramFailure? {
    finding.map { ProgramFailure($0, breach, of: program) }
  }
}

extension ProgramFailure.Call {
  /// Frees that differ only in who else may free are one kind.
  fileprivate init(_ action: Command.Action) {
    self =
      switch action {
      case .reserve, .copyReserved: .reserve
      case .find: .find
      case .allocate: .allocate
      case .free, .freeShared: .free
      case .allocateFast: .allocateFast
      case .freeFast: .freeFast
      case .deferFree: .deferFree
      case .split: .split
      case .map: .map
      case .unmap: .unmap
      case .unmapPart: .unmapPart
      case .access: .access
      case .mapAgain: .mapAgain
      case .attach: .attach
      case .setMask: .setMask
      case .flushCaches, .flushDepots: .flush
      case .startDeferring, .stopDeferring: .mode
      case .unplug: .unplug
      case .plug: .plug
      case .advance: .advance
      }
  }
}

extension ProgramFailure: CustomStringConvertible {
  /// `nothingRunsAfterTeardown in timer at depot`
  public var description: String {
    guard let call else { return "\(law) at rest" }
    return "\(law) in \(call.rawValue)" + (lock.map { " at \($0)" } ?? "")
  }
}
