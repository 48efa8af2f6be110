/// A schedule in words, which outlives changes of the program and of the code: whose turn it is,
/// and until which point of which command.
///
/// Numbers of steps would shift with every lock that a release takes more or less.
public struct Script: Hashable, Sendable {
  /// Where a turn ends.
  public struct Stop: Hashable, Sendable {
    /// Which of the CPU's commands, from 1.
    public var position: Int
    /// The command as it is printed, which counts more than its position.
    public var command: String
    /// Where in the command, as a `Lexicon` says.
    public var point: String
    /// Which of the command's points of this kind, from 1.
    public var occurrence: Int
  }

  /// One turn.
  public struct Turn: Hashable, Sendable {
    /// Whose turn it is; the number after the last CPU is the worker's.
    public var actor: Int
    /// Where it ends; nil if where the CPU has to wait or is done.
    public var until: Stop?
  }

  /// The turns in order.
  public var turns: [Turn]

  /// These turns.
  public init(_ turns: [Turn] = []) { self.turns = turns }

  /// The same turns of other actors; two in a row of one actor become one.
  ///
  /// - Parameter name: nil if the actor is gone.
  func renamingActors(_ name: (Int) -> Int?) -> Script {
    var script = Script()
    for var turn in turns {
      guard let actor = name(turn.actor) else { continue }
      turn.actor = actor
      if script.turns.last?.actor == actor { script.turns.removeLast() }
      script.turns.append(turn)
    }
    return script
  }
}

/// Writes the script of an execution while it runs.
struct ScriptRecorder {
  private(set) var script = Script()
  private var counts: [PointCounter<SwitchPoint>]
  private let texts: (_ actor: Int, _ command: Int) -> String

  /// - Parameter texts: what the commands of each actor are printed as.
  init(actors: Int, texts: @escaping (Int, Int) -> String) {
    counts = Array(repeating: PointCounter(), count: actors)
    self.texts = texts
  }

  /// The actor came to a point, and goes on or is stopped there.
  ///
  /// - Parameter lexicon: what the point is called.
  mutating func came(
    _ actor: Int, _ command: Int, _ point: SwitchPoint, isStopped: Bool, _ lexicon: any Lexicon
  ) {
    let occurrence = counts[actor].count(command, point)
    guard isStopped else { return }
    let stop = Script.Stop(
      position: command + 1, command: texts(actor, command), point: lexicon.phrase(point),
      occurrence: occurrence)
    script.turns.append(Script.Turn(actor: actor, until: stop))
  }

  /// The actor waits, or is done.
  mutating func rested(_ actor: Int) {
    script.turns.append(Script.Turn(actor: actor, until: nil))
  }
}

/// How often an actor came to each kind of point in its present command.
struct PointCounter<Point: Hashable> {
  private var command = -1
  private var counts: [Point: Int] = [:]

  mutating func count(_ command: Int, _ point: Point) -> Int {
    if command != self.command {
      self.command = command
      counts.removeAll(keepingCapacity: true)
    }
    counts[point, default: 0] += 1
    return counts[point, default: 0]
  }
}
