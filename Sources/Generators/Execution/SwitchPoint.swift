import IOVA

/// A place in a command at which its CPU may be stopped, and another one go on.
public enum SwitchPoint: Hashable, Sendable {
  /// Before the lock is taken.
  case takes(LockID)
  /// Right after the lock was released.
  case released(LockID)
  /// At a window that no lock marks.
  case window(Window)
  /// Before the command looks up or names a range that another CPU's command names as well.
  case handle
  /// Between a change and its announcement, where a fault leaves out the lock that guards it:
  /// nobody is kept from coming in between, not even by those who take the lock.
  case announces

  private static let taking = "takes "
  private static let releasing = "has released "

  /// What the CPU does there, in a sentence about it: `takes rangeTree`.
  public var phrase: String {
    switch self {
    case .takes(let lock): Self.taking + lock.description
    case .released(let lock): Self.releasing + lock.description
    case .window(let window): window.phrase
    case .handle: "uses its handle"
    case .announces: "announces a change"
    }
  }

  /// The points that are at no lock.
  private static let unlocked = Window.allCases.map(SwitchPoint.window) + [.handle, .announces]

  /// All points on so many CPUs.
  package static func all(cpus: Int) -> [SwitchPoint] {
    let locks = LockRank.allCases.flatMap { LockID.all(of: $0, cpus: cpus) }
    return unlocked + locks.map(SwitchPoint.takes) + locks.map(SwitchPoint.released)
  }

  /// Reads a phrase; nil if it is none.
  public init?(phrase: some StringProtocol) {
    if let point = Self.unlocked.first(where: { $0.phrase == phrase }) {
      self = point
    } else if phrase.hasPrefix(Self.taking),
      let lock = LockID(phrase.dropFirst(Self.taking.count))
    {
      self = .takes(lock)
    } else if phrase.hasPrefix(Self.releasing),
      let lock = LockID(phrase.dropFirst(Self.releasing.count))
    {
      self = .released(lock)
    } else {
      return nil
    }
  }
}
