/// One row of what happened: a command, what it returned, or what became of a lock.
public struct ControlledRow: Hashable, Sendable {
  /// What a row says.
  public enum Kind: Hashable, Sendable {
    /// A command begins.
    case command
    /// What it returned.
    case answer
    /// The lock was taken, or released.
    case takes(Resource)
    case releases(Resource)
    /// The actor is stopped at this point, or has to wait for a lock.
    case stops(SwitchPoint)
    case waits(Resource)
    /// Something changed in the system.
    case changes(Change)
    /// What gives back what the program left.
    case ending
  }

  /// Whose row it is; the number after the last CPU is the worker's.
  public let actor: Int
  public let kind: Kind
  public let text: String
  /// The number of the command that begins here, from 1; 0 for what goes on.
  public let number: Int
  /// Whether a law broke here; it did so in one row at most.
  public var isBreach = false
}

/// Collects the rows and the script of one execution.
final class ControlledRecord {
  private(set) var rows: [ControlledRow] = []
  private(set) var recorder: ScriptRecorder
  /// How many commands of the program began, without those that were skipped.
  private(set) var commands = 0
  private var numbers = 0
  /// By actor, the row at which its command began.
  private var begun: [Int: Int] = [:]
  /// Called when an actor stops or has to wait, after the row that says so.
  var leaves: ((_ actor: Int) -> Void)?
  private let isBroken: () -> Bool
  private var hasBreach = false

  /// - Parameter texts: by actor, what its commands are printed as.
  /// - Parameter other: what is printed of a command that is none of them.
  /// - Parameter isBroken: whether a law is broken by now.
  init(texts: [[String]], other: String, isBroken: @escaping () -> Bool) {
    self.isBroken = isBroken
    recorder = ScriptRecorder(actors: texts.count) { actor, command in
      texts[actor].indices.contains(command) ? texts[actor][command] : other
    }
  }

  /// A command of the program begins.
  func beginCommand(_ text: String, on actor: Int) {
    commands += 1
    begin(text, on: actor)
  }

  /// Something begins that is no command of the program.
  func begin(_ text: String, on actor: Int) {
    begun[actor] = rows.count
    numbers += 1
    add(actor, .command, text, numbers)
  }

  /// A command is over.
  ///
  /// - Parameter answer: nil if it was skipped, which leaves no row unless it was interrupted.
  func end(_ answer: String?, on actor: Int) {
    guard let answer else {
      commands -= 1
      if let row = begun[actor], row == rows.count - 1 {
        rows.removeLast()
        numbers -= 1
      } else {
        add(actor, .answer, "→ skipped")
      }
      return
    }
    if !answer.isEmpty { add(actor, .answer, "→ \(answer)") }
    if isBroken() { noteBreach() }
  }

  /// What comes after the program, before it runs.
  func addEnding(_ text: String, on actor: Int) { add(actor, .ending, text) }

  /// All is done but for the teardown.
  func settle() { if isBroken() { noteBreach() } }

  /// The system was taken apart.
  ///
  /// - Parameter text: what comes at the end.
  func close(_ text: String = "teardown") {
    if isBroken(), !hasBreach { add(0, .ending, text) }
  }

  /// Something changed in the system; nil if that is not told.
  func note(_ change: Change?, by actor: Int) {
    if let change {
      add(actor, .changes(change), change.text)
    } else if isBroken() {
      noteBreach()
    }
  }

  /// The last row is the one at which a law broke, unless one did before.
  private func noteBreach() {
    guard !hasBreach, !rows.isEmpty else { return }
    hasBreach = true
    rows[rows.count - 1].isBreach = true
  }

  /// Something became of an actor.
  ///
  /// - Parameter commands: by actor, the number of the command that it runs.
  func note(
    _ event: Conductor.Event, _ commands: borrowing PerCPU<Int>, _ lexicon: any Lexicon
  ) {
    switch event {
    case .passes(let actor, let point):
      recorder.came(actor, commands[actor], point, isStopped: false, lexicon)
    case .stops(let actor, let point):
      recorder.came(actor, commands[actor], point, isStopped: true, lexicon)
      add(actor, .stops(point), lexicon.phrase(point))
      leaves?(actor)
    case .waits(let actor, let lock):
      recorder.rested(actor)
      add(actor, .waits(lock), "waits for \(lexicon.name(lock))")
      leaves?(actor)
    case .awaits(let actor, let place):
      recorder.rested(actor)
      add(actor, .waits(place), "waits for \(lexicon.name(place))")
      leaves?(actor)
    case .rests(let actor): recorder.rested(actor)
    case .holds(let actor, let lock): add(actor, .takes(lock), "takes \(lexicon.name(lock))")
    case .lets(let actor, let lock): add(actor, .releases(lock), "releases \(lexicon.name(lock))")
    case .isStuck: noteBreach()
    }
  }

  private func add(_ actor: Int, _ kind: ControlledRow.Kind, _ text: String, _ number: Int = 0) {
    rows.append(ControlledRow(actor: actor, kind: kind, text: text, number: number))
    if isBroken() { noteBreach() }
  }
}
