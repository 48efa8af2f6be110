import Synchronization

/// What is told of a domain to whoever judges it, and what that has found, so that what runs
/// programs and what knows laws need not know each other.
///
/// A subclass says what it judges; this one judges nothing. It watches the machine as well, unless
/// it says that another does.
///
/// `@unchecked` because it has subclasses.
open class Judge: SupervisorPort, @unchecked Sendable {
  /// Judges nothing, and watches nothing.
  public static let none: Judge = Judge().behind(nil)

  /// What watches the machine; nil for nothing.
  open var supervisor: (any Supervisor)? { self }

  // MARK: What is told

  /// A domain was made on the machine that the supervisor watches.
  open func opens(_ domain: IOVADomain) {}
  /// The same, for an execution that will rest briefly.
  open func opensBriefly(_ domain: IOVADomain) { opens(domain) }
  /// Nobody runs.
  open func rests() {}
  /// Nobody runs, and the program is so short that judging in full would take longer than running
  /// it.
  open func restsBriefly() { rests() }
  /// Everything was given back.
  open func isQuiet() {}
  /// The domain was torn down.
  open func closes(_ remains: DomainRemains) {}
  /// The domain was reset, and will be used again.
  open func wasReset(_ domain: IOVADomain) {}
  /// A domain could not be made; what is left of it, and whether memory was refused.
  open func cannotOpen(_ remains: DomainRemains, isShort: Bool) {}
  /// A domain was made, or not, on a CPU with that much credit for requests for memory, of which
  /// that many were refused.
  open func wasMade(credit: UInt64, refused: UInt64) {}
  /// A caller got an answer; whether memory was refused during the call.
  open func hears(_ reply: DomainReply, isShort: Bool, on cpu: CPU) {}
  /// A CPU was unplugged.
  open func unplugged(_ cpu: CPU) {}
  /// The program is over and can be forgotten.
  open func resets() {}

  // MARK: What was found

  /// Whether to stop, since a law is broken.
  open var isBroken: Bool { false }
  /// The word behind `isBroken`, if it is one: it is read before every step. Lives as long as the
  /// judge.
  open var brokenWord: UnsafePointer<Atomic<Bool>>? { nil }
  /// What was broken, and what shows it.
  open var finding: (law: String, evidence: String)? { nil }

  /// The same judge, but `supervisor` watches the machine; nobody does if it is nil.
  public final func behind(_ supervisor: (any Supervisor)?) -> Judge {
    JudgeBehind(self, supervisor)
  }
}

/// Hands everything on.
private final class JudgeBehind: Judge, @unchecked Sendable {
  private let judge: Judge
  private let front: (any Supervisor)?

  init(_ judge: Judge, _ front: (any Supervisor)?) {
    self.judge = judge
    self.front = front
  }

  override var supervisor: (any Supervisor)? { front }
  override func opens(_ domain: IOVADomain) { judge.opens(domain) }
  override func opensBriefly(_ domain: IOVADomain) { judge.opensBriefly(domain) }
  override func rests() { judge.rests() }
  override func restsBriefly() { judge.restsBriefly() }
  override func isQuiet() { judge.isQuiet() }
  override func closes(_ remains: DomainRemains) { judge.closes(remains) }
  override func wasReset(_ domain: IOVADomain) { judge.wasReset(domain) }
  override func cannotOpen(_ remains: DomainRemains, isShort: Bool) {
    judge.cannotOpen(remains, isShort: isShort)
  }
  override func wasMade(credit: UInt64, refused: UInt64) {
    judge.wasMade(credit: credit, refused: refused)
  }
  override func hears(_ reply: DomainReply, isShort: Bool, on cpu: CPU) {
    judge.hears(reply, isShort: isShort, on: cpu)
  }
  override func unplugged(_ cpu: CPU) { judge.unplugged(cpu) }
  override func resets() { judge.resets() }
  override var isBroken: Bool { judge.isBroken }
  override var brokenWord: UnsafePointer<Atomic<Bool>>? { judge.brokenWord }
  override var finding: (law: String, evidence: String)? { judge.finding }
}
