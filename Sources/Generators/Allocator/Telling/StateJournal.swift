import IOVA

/// Collects the states of a domain in an execution that is told in words: at the start, and
/// whenever an actor stops, has to wait, or has ended a command.
final class StateJournal {
  struct Moment {
    /// How many rows there were.
    let rows: Int
    let actor: Int
    /// Whether its command is to go on.
    let isStop: Bool
    /// Nil if there was no domain any more.
    let state: DomainState?
  }

  /// Nil if the domain can't be made.
  private(set) var start: DomainState?
  private(set) var moments: [Moment] = []
  private var watch: StateWatch?

  /// The domain was made, and nobody has run.
  func begins(_ interpreter: Interpreter) {
    watch = StateWatch(interpreter)
    start = watch?.state
  }

  func hears(_ event: DomainEvent) { watch?.hears(event) }

  /// - Parameter rows: how many rows tell of what has happened so far.
  func looks(rows: Int, _ actor: Int, isStop: Bool) {
    guard let watch else { return }
    moments.append(Moment(rows: rows, actor: actor, isStop: isStop, state: watch.state))
  }
}
