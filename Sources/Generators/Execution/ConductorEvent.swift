import IOVA

extension Conductor {
  /// What an execution tells whoever wants to know, at every switch point.
  enum Event {
    /// The actor stands at the point, and goes on.
    case passes(actor: Int, SwitchPoint)
    /// The actor stands at the point, and another one goes on.
    case stops(actor: Int, SwitchPoint)
    /// The actor has to wait for the lock, and another one goes on.
    case waits(actor: Int, for: LockID)
    /// The actor is done, or has nothing to do, and another one goes on.
    case rests(actor: Int)
    /// The actor holds the lock.
    case holds(actor: Int, LockID)
    /// The actor does not hold the lock any more.
    case lets(actor: Int, LockID)
    /// Something happened in the domain.
    case changes(actor: Int, DomainEvent)
    /// Nobody can go on, or nobody gets anywhere.
    case isStuck
  }
}
