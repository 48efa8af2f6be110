/// Follows a script as far as it fits, and notes whether it did.
///
/// What no longer fits is skipped, and the rest runs CPU by CPU.
struct ScriptReader {
  /// Whether every turn was taken as it is written.
  private(set) var isExact = true

  private var turns: [Script.Turn] = []
  /// By turn, the number of the command in which it ends; nil if there is no such command.
  private var targets: [Int?] = []
  private var counts: [PointCounter<String>] = []
  /// What points are called, as far as the fit tells them apart.
  private var phrases: [SwitchPoint: String] = [:]
  private var fit = ScriptFit.asWritten
  private var index = 0
  private var hasBegun = false

  init() {}

  /// - Parameter texts: by actor, what its commands are printed as; the worker's, which come last,
  ///   are none.
  init(_ script: Script, texts: [[String]], _ fit: ScriptFit = .asWritten) {
    self.fit = fit
    turns = script.turns.filter { $0.actor < texts.count }
    isExact = turns.count == script.turns.count && fit == .asWritten
    counts = Array(repeating: PointCounter(), count: texts.count)
    let actors = fit == .asWritten ? Array(texts.indices) : ScriptReader.actors(of: turns, texts)
    for index in turns.indices where turns[index].actor != actors[turns[index].actor] {
      turns[index].actor = actors[turns[index].actor]
      isExact = false
    }
    for turn in turns {
      guard let stop = turn.until else {
        targets.append(nil)
        continue
      }
      let lane = texts[turn.actor]
      let target = ScriptReader.command(stop, among: lane)
      if let target, target < lane.count, lane[target] != stop.command { isExact = false }
      targets.append(target)
    }
  }

  // MARK: What has other names now

  /// By actor of the script, who runs its commands now: another CPU, if that runs some of them and
  /// the one of the same number none, or nothing.
  private static func actors(of turns: [Script.Turn], _ texts: [[String]]) -> [Int] {
    let cpus = texts.count - 1
    let stops = (0..<cpus).map { actor in
      turns.filter { $0.actor == actor }.compactMap(\.until?.command)
    }
    func runs(_ cpu: Int, _ actor: Int) -> Bool {
      stops[actor].contains(where: texts[cpu].contains)
    }
    var actors: [Int?] = (0..<cpus).map { runs($0, $0) ? $0 : nil }
    for actor in 0..<cpus where actors[actor] == nil {
      actors[actor] = (0..<cpus).first { !actors.contains($0) && runs($0, actor) }
    }
    for actor in 0..<cpus where actors[actor] == nil {
      let free = (0..<cpus).filter { !actors.contains($0) }
      let busy = turns.contains { $0.actor == actor } ? free.filter { !texts[$0].isEmpty } : []
      actors[actor] = busy.contains(actor) ? actor : busy.first ?? free.first
    }
    return actors.map { $0 ?? 0 } + [cpus]
  }

  /// The number of the command that a stop means: the nearest with its text, else with its text
  /// but for the handles, else of its kind, else the one at its position.
  private static func command(_ stop: Script.Stop, among texts: [String]) -> Int? {
    if texts.isEmpty { return stop.position - 1 }
    let likenesses: [(String) -> Substring] = [{ $0[...] }, withoutHandles, kind]
    for likeness in likenesses {
      let wanted = likeness(stop.command)
      let same = texts.indices.filter { likeness(texts[$0]) == wanted }
      let nearest = same.min { abs($0 + 1 - stop.position) < abs($1 + 1 - stop.position) }
      if let nearest { return nearest }
    }
    return stop.position <= texts.count ? stop.position - 1 : nil
  }

  /// `a = allocate(1, below: 0xf)` instead of `a7 = allocate(1, below: 0xf)`.
  private static func withoutHandles(_ command: String) -> Substring {
    var text = ""
    var isNumber = false
    for character in command {
      if isNumber, character.isWholeNumber { continue }
      // A handle begins a command or stands right after its parenthesis.
      isNumber = character == "a" && (text.isEmpty || text.last == "(")
      text.append(character)
    }
    return text[...]
  }

  /// `allocate` of `a7 = allocate(1, below: 0xf)`.
  private static func kind(_ command: String) -> Substring {
    let call = command.firstRange(of: " = ").map { command[$0.upperBound...] } ?? command[...]
    return call.prefix { $0 != "(" }
  }

  // MARK: Following

  /// Whether the turn of the actor ends at this point, or should have ended before.
  mutating func isStop(
    _ actor: Int, _ command: Int, _ point: SwitchPoint, _ lexicon: any Lexicon
  ) -> Bool {
    guard actor < counts.count else { return false }
    let point = phrase(point, lexicon)
    let occurrence = counts[actor].count(command, point)
    guard index < turns.count, turns[index].actor == actor, let stop = turns[index].until else {
      return false
    }
    guard let target = targets[index], command <= target else {
      isExact = false
      return true
    }
    return command == target && point == fit.reduced(stop.point) && occurrence == stop.occurrence
  }

  private mutating func phrase(_ point: SwitchPoint, _ lexicon: any Lexicon) -> String {
    if let known = phrases[point] { return known }
    let phrase = fit.reduced(lexicon.phrase(point))
    phrases[point] = phrase
    return phrase
  }

  /// Who goes on.
  ///
  /// - Parameter active: who is not done.
  mutating func next(
    among bits: UInt64, active: UInt64, after current: Int, isWilling: Bool
  ) -> Int {
    let isCurrentReady = bits & (1 << UInt64(current)) != 0
    if hasBegun, index < turns.count {
      let actor = turns[index].actor
      if current != actor {
        // Its turn is not over: it had to wait, and others went on until it need not.
        if bits & (1 << UInt64(actor)) != 0 { return actor }
        if active & (1 << UInt64(actor)) != 0 { return isCurrentReady ? current : first(of: bits) }
      } else if isWilling, isCurrentReady {
        return current
      } else if !isCurrentReady, turns[index].until != nil {
        // It waits or is done, and the script had it come further.
        isExact = false
        if active & (1 << UInt64(actor)) != 0 { return first(of: bits) }
      }
      index += 1
    } else if isWilling, hasBegun, isCurrentReady {
      return current
    }
    hasBegun = true
    while index < turns.count {
      let actor = turns[index].actor
      if bits & (1 << UInt64(actor)) != 0 { return actor }
      isExact = false
      index += 1
    }
    if bits.nonzeroBitCount > 1 { isExact = false }
    // Where a turn ended somebody else went on, though nothing says any more who.
    let others = bits & ~(1 << UInt64(current))
    return isCurrentReady && (isWilling || others == 0) ? current : first(of: others)
  }

  private func first(of bits: UInt64) -> Int { bits.trailingZeroBitCount }
}
