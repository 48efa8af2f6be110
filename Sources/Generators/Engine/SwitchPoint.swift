/// A place in a command at which its actor may be stopped, and another one go on.
public enum SwitchPoint: Hashable, Sendable {
  /// Before the lock is taken.
  case takes(Resource)
  /// Right after the lock was released.
  case released(Resource)
  /// At a place that no lock marks; a `Lexicon` says what the actor does there.
  case at(UInt32)

  /// The lock at which it is; nil if it is at none.
  public var lock: Resource? {
    switch self {
    case .takes(let lock), .released(let lock): lock
    case .at: nil
    }
  }
}
