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

  /// What the CPU does there, in a sentence about it: `takes rangeTree`.
  public var phrase: String {
    switch self {
    case .takes(let lock): "takes \(lock)"
    case .released(let lock): "has released \(lock)"
    case .window(let window): window.phrase
    case .handle: "uses its handle"
    case .announces: "announces a change"
    }
  }
}
