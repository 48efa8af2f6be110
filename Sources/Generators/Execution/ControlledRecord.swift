import IOVA

/// One row of what happened: a command, what it returned, or what became of a lock.
public struct ControlledRow: Hashable, Sendable {
  /// What a row says.
  public enum Kind: Hashable, Sendable {
    /// A command begins.
    case command
    /// What it returned.
    case answer
    /// The lock was taken, or released.
    case takes(LockID)
    case releases(LockID)
    /// The actor is stopped at this point, or has to wait for a lock.
    case stops(SwitchPoint)
    case waits(LockID)
    /// Something changed in the domain.
    case changes(DomainChange)
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
  private var shortcut: ShortcutWatch?
  /// By actor, the row at which its command began.
  private var begun: [Int: Int] = [:]
  private let isBroken: () -> Bool
  private var hasBreach = false

  /// - Parameter isBroken: whether a law is broken by now.
  init(_ program: Program, isBroken: @escaping () -> Bool) {
    self.isBroken = isBroken
    let texts = ControlledRun.texts(of: program)
    recorder = ScriptRecorder(actors: texts.count) { actor, command in
      texts[actor].indices.contains(command) ? texts[actor][command] : ControlledRun.timer
    }
  }

  /// Has changes of the domain's shortcut told.
  func watch(_ domain: IOVADomain) { shortcut = ShortcutWatch(domain) }

  func begin(_ command: Command) {
    commands += 1
    begin("\(command)", on: command.cpu.index)
  }

  func begin(_ text: String, on actor: Int) {
    begun[actor] = rows.count
    numbers += 1
    add(actor, .command, text, numbers)
  }

  /// Skipped commands leave no row, unless they were interrupted.
  func end(_ command: Command, _ answer: Interpreter.Answer) {
    let actor = command.cpu.index
    guard let text = SequentialRun.text(answer) else {
      commands -= 1
      if let row = begun[actor], row == rows.count - 1 {
        rows.removeLast()
        numbers -= 1
      } else {
        add(actor, .answer, "→ skipped")
      }
      return
    }
    if !text.isEmpty { add(actor, .answer, "→ \(text)") }
    if isBroken() { noteBreach() }
  }

  /// A command that gives back what the program left, before it runs; nil if a law turned out to be
  /// broken when nobody ran.
  func end(_ command: Command?) {
    add(command?.cpu.index ?? 0, .ending, command?.description ?? "at rest")
  }

  /// Everything was given back.
  func settle() { if isBroken() { noteBreach() } }

  /// The domain was torn down.
  func close() {
    shortcut = nil
    guard isBroken(), !hasBreach else { return }
    add(0, .ending, "teardown")
  }

  /// The last row is the one at which a law broke, unless one did before.
  func noteBreach() {
    guard !hasBreach, !rows.isEmpty else { return }
    hasBreach = true
    rows[rows.count - 1].isBreach = true
  }

  func note(_ event: Conductor.Event, _ commands: UnsafeMutablePointer<Int>) {
    switch event {
    case .passes(let actor, let point):
      recorder.came(actor, commands[actor], point, isStopped: false)
    case .stops(let actor, let point):
      recorder.came(actor, commands[actor], point, isStopped: true)
      add(actor, .stops(point), "\(point.phrase)")
    case .waits(let actor, let lock):
      recorder.rested(actor)
      add(actor, .waits(lock), "waits for \(lock)")
    case .rests(let actor): recorder.rested(actor)
    case .holds(let actor, let lock): add(actor, .takes(lock), "takes \(lock)")
    case .lets(let actor, let lock): add(actor, .releases(lock), "releases \(lock)")
    case .changes(let actor, let event):
      if let change = event.change {
        add(actor, .changes(change), change.text)
      } else if isBroken() {
        noteBreach()
      }
      if let change = shortcut?.change(event) { add(actor, .changes(change), change.text) }
    case .isStuck: noteBreach()
    }
  }

  private func add(_ actor: Int, _ kind: ControlledRow.Kind, _ text: String, _ number: Int = 0) {
    rows.append(ControlledRow(actor: actor, kind: kind, text: text, number: number))
    if isBroken() { noteBreach() }
  }
}
