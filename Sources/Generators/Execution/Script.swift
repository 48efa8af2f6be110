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
    /// Where in the command.
    public var point: SwitchPoint
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
  private var counts: [PointCounter]
  private let texts: (_ actor: Int, _ command: Int) -> String

  /// - Parameter texts: what the commands of each actor are printed as.
  init(actors: Int, texts: @escaping (Int, Int) -> String) {
    counts = Array(repeating: PointCounter(), count: actors)
    self.texts = texts
  }

  /// The actor came to a point, and goes on or is stopped there.
  mutating func came(_ actor: Int, _ command: Int, _ point: SwitchPoint, isStopped: Bool) {
    let occurrence = counts[actor].count(command, point)
    guard isStopped else { return }
    let stop = Script.Stop(
      position: command + 1, command: texts(actor, command), point: point, occurrence: occurrence)
    script.turns.append(Script.Turn(actor: actor, until: stop))
  }

  /// The actor waits, or is done.
  mutating func rested(_ actor: Int) {
    script.turns.append(Script.Turn(actor: actor, until: nil))
  }
}

/// How often an actor came to each kind of point in its present command.
struct PointCounter {
  private var command = -1
  private var counts: [SwitchPoint: Int] = [:]

  mutating func count(_ command: Int, _ point: SwitchPoint) -> Int {
    if command != self.command {
      self.command = command
      counts.removeAll(keepingCapacity: true)
    }
    counts[point, default: 0] += 1
    return counts[point, default: 0]
  }
}

/// Follows a script as far as it fits, and notes whether it did.
///
/// What no longer fits is skipped, and the rest runs CPU by CPU.
struct ScriptReader {
  /// Whether every turn was taken as it is written.
  private(set) var isExact = true

  private var turns: [Script.Turn] = []
  /// By turn, the number of the command in which it ends; nil if there is no such command.
  private var targets: [Int?] = []
  private var counts: [PointCounter] = []
  private var index = 0
  private var hasBegun = false

  init() {}

  /// - Parameter texts: by actor, what its commands are printed as; empty for the worker.
  init(_ script: Script, texts: [[String]]) {
    turns = script.turns.filter { $0.actor < texts.count }
    isExact = turns.count == script.turns.count
    counts = Array(repeating: PointCounter(), count: texts.count)
    targets = turns.map { turn in
      turn.until.flatMap { ScriptReader.command($0, among: texts[turn.actor]) }
    }
  }

  /// The number of the command that a stop means: the nearest with its text, else the one at its
  /// position.
  private static func command(_ stop: Script.Stop, among texts: [String]) -> Int? {
    if texts.isEmpty { return stop.position - 1 }
    let same = texts.indices.filter { texts[$0] == stop.command }
    let nearest = same.min { abs($0 + 1 - stop.position) < abs($1 + 1 - stop.position) }
    return nearest ?? (stop.position <= texts.count ? stop.position - 1 : nil)
  }

  /// Whether the turn of the actor ends at this point, or should have ended before.
  mutating func isStop(_ actor: Int, _ command: Int, _ point: SwitchPoint) -> Bool {
    guard actor < counts.count else { return false }
    let occurrence = counts[actor].count(command, point)
    guard index < turns.count, turns[index].actor == actor, let stop = turns[index].until else {
      return false
    }
    guard let target = targets[index] else {
      isExact = false
      return true
    }
    if command > target {
      isExact = false
      return true
    }
    return command == target && point == stop.point && occurrence == stop.occurrence
  }

  /// Who goes on.
  mutating func next(among bits: UInt64, after current: Int, isWilling: Bool) -> Int {
    let isCurrentReady = bits & (1 << UInt64(current)) != 0
    if hasBegun {
      if isWilling, isCurrentReady { return current }
      // It waits or is done, and the script had it come further.
      if !isCurrentReady, index < turns.count, turns[index].until != nil { isExact = false }
      index += 1
    }
    hasBegun = true
    while index < turns.count {
      let actor = turns[index].actor
      if bits & (1 << UInt64(actor)) != 0 { return actor }
      isExact = false
      index += 1
    }
    if bits.nonzeroBitCount > 1 { isExact = false }
    return isCurrentReady ? current : bits.trailingZeroBitCount
  }
}
