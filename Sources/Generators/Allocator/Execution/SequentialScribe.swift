import IOVA

/// Records what a program does in order, alongside the judge.
final class SequentialScribe: SupervisorPort, @unchecked Sendable {
  private(set) var steps: [SequentialRun.Step] = []
  /// The state of the domain before the first step; nil unless that is asked for.
  private(set) var start: DomainState?

  private let judge: Judge
  private let inner: SupervisorPort?
  private var changes: [Change] = []
  private var shortcut: ShortcutWatch?
  private var hasBreach = false
  private let looks: Bool
  private var watch: StateWatch?

  /// - Parameter looks: whether to look at the domain after each step.
  init(_ judge: Judge, looks: Bool = false) {
    self.judge = judge
    self.looks = looks
    inner = judge.supervisor.map { SupervisorPort.port(of: $0) }
  }

  /// The domain was made.
  func watch(_ interpreter: Interpreter) {
    shortcut = ShortcutWatch(interpreter.domain)
    watch = looks ? StateWatch(interpreter) : nil
    start = watch?.state
    changes.removeAll()
  }

  /// A command of the program ran; skipped ones are left out.
  func ran(_ command: Command, _ answer: Interpreter.Answer) {
    guard let answer = SequentialRun.text(answer) else { return changes.removeAll() }
    add(command, "\(command)", answer, isEnding: false)
    look()
    if judge.isBroken { noteBreach() }
  }

  /// A command that gives back what the program left is run next; nil if a law turned out to be
  /// broken at rest.
  func ends(_ command: Command?) {
    look()
    add(command, command.map { "\($0)" } ?? "at rest", "", isEnding: true)
    if command == nil { noteBreach() }
  }

  /// The program has ended, and the domain is torn down next.
  func settle() {
    look()
    if judge.isBroken { noteBreach() }
    shortcut = nil
    watch = nil
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

  /// Looks at what the last step left, unless that was done.
  private func look() {
    guard let watch, let last = steps.indices.last, steps[last].state == nil else { return }
    steps[last].state = watch.state
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
    watch?.hears(event)
    if let change = event.change { changes.append(change) }
    if let change = shortcut?.change(event) { changes.append(change) }
  }
}
