import IOVA

/// Records what a program does in order, alongside the judge.
final class SequentialScribe: SupervisorPort, @unchecked Sendable {
  private(set) var steps: [SequentialRun.Step] = []

  private let judge: Judge
  private let inner: SupervisorPort?
  private var changes: [Change] = []
  private var shortcut: ShortcutWatch?
  private var hasBreach = false

  init(_ judge: Judge) {
    self.judge = judge
    inner = judge.supervisor.map { SupervisorPort.port(of: $0) }
  }

  /// The domain was made.
  func watch(_ domain: IOVADomain) {
    shortcut = ShortcutWatch(domain)
    changes.removeAll()
  }

  /// A command of the program ran; skipped ones are left out.
  func ran(_ command: Command, _ answer: Interpreter.Answer) {
    guard let answer = SequentialRun.text(answer) else { return changes.removeAll() }
    add(command, "\(command)", answer, isEnding: false)
    if judge.isBroken { noteBreach() }
  }

  /// A command that gives back what the program left is run next; nil if a law turned out to be
  /// broken at rest.
  func ends(_ command: Command?) {
    add(command, command.map { "\($0)" } ?? "at rest", "", isEnding: true)
    if command == nil { noteBreach() }
  }

  /// The program has ended, and the domain is torn down next.
  func settle() {
    if judge.isBroken { noteBreach() }
    shortcut = nil
  }

  /// The domain was torn down.
  func close() {
    guard judge.isBroken, !hasBreach else { return }
    add(nil, "teardown", "", isEnding: true)
    noteBreach()
  }

  private func add(_ command: Command?, _ text: String, _ answer: String, isEnding: Bool) {
    steps.append(
      SequentialRun.Step(
        command: command, text: text, answer: answer, changes: changes, isEnding: isEnding))
    changes.removeAll()
  }

  /// The last step is the one at which a law broke, unless one broke before.
  private func noteBreach() {
    guard !hasBreach, !steps.isEmpty else { return }
    hasBreach = true
    steps[steps.count - 1].isBreach = true
  }

  // MARK: Supervisor

  override func acquiring(_ lock: LockID, on cpu: CPU) { inner?.acquiring(lock, on: cpu) }
  override func releasing(_ lock: LockID, on cpu: CPU) { inner?.releasing(lock, on: cpu) }
  override func released(_ lock: LockID, on cpu: CPU) { inner?.released(lock, on: cpu) }
  override func reached(_ window: Window, on cpu: CPU) { inner?.reached(window, on: cpu) }
  override func oops(_ oops: Oops, on cpu: CPU) { inner?.oops(oops, on: cpu) }

  override func observed(_ event: DomainEvent, on cpu: CPU) {
    inner?.observed(event, on: cpu)
    if let change = event.change { changes.append(change) }
    if let change = shortcut?.change(event) { changes.append(change) }
  }
}
