/// What a conductor is asked for, and what it tells.
extension Conductor {
  /// Who decides.
  enum Guidance {
    /// The choice source; a policy makes the choices that are fresh.
    case choices
    /// The policy alone, and nothing is recorded.
    case policy
    /// A schedule in words.
    case script
  }

  /// What an execution tells whoever wants to know, at every switch point.
  enum Event {
    /// The actor stands at the point, and goes on.
    case passes(actor: Int, SwitchPoint)
    /// The actor stands at the point, and another one goes on.
    case stops(actor: Int, SwitchPoint)
    /// The actor has to wait for the lock, and another one goes on.
    case waits(actor: Int, for: Resource)
    /// The actor can't go on before somebody says so at the place, and another one goes on.
    case awaits(actor: Int, at: Resource)
    /// The actor is done, or has nothing to do, and another one goes on.
    case rests(actor: Int)
    /// The actor holds the lock.
    case holds(actor: Int, Resource)
    /// The actor does not hold the lock any more.
    case lets(actor: Int, Resource)
    /// Nobody can go on, or nobody gets anywhere.
    case isStuck
  }
}
