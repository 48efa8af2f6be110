import Synchronization

/// What is told of a domain to whoever judges it, and what that has found: closures, so that what
/// runs programs and what knows laws need not know each other.
public struct Judge: Sendable {
  /// Watches the machine; nil without laws.
  public var supervisor: (any Supervisor)?
  /// A domain was made on the machine that the supervisor watches.
  public var opens: @Sendable (IOVADomain) -> Void
  /// The same, for an execution that will rest briefly.
  public var opensBriefly: @Sendable (IOVADomain) -> Void
  /// Nobody runs.
  public var rests: @Sendable () -> Void
  /// Nobody runs, and the program is so short that judging in full would take longer than running
  /// it.
  public var restsBriefly: @Sendable () -> Void
  /// Everything was given back.
  public var isQuiet: @Sendable () -> Void
  /// The domain was torn down.
  public var closes: @Sendable (IOVADomain.Remains) -> Void
  /// The domain was reset, and will be used again.
  public var wasReset: @Sendable (IOVADomain) -> Void
  /// A domain could not be made; what is left of it, and whether memory was refused.
  public var cannotOpen: @Sendable (IOVADomain.Remains, _ isShort: Bool) -> Void
  /// A domain was made, or not, on a CPU with that much credit for requests for memory, of which
  /// that many were refused.
  public var wasMade: @Sendable (_ credit: UInt64, _ refused: UInt64) -> Void
  /// A caller got an answer; whether memory was refused during the call.
  public var hears: @Sendable (DomainReply, _ isShort: Bool, CPU) -> Void
  /// A CPU was unplugged.
  public var unplugged: @Sendable (CPU) -> Void
  /// Whether to stop, since a law is broken.
  public var isBroken: @Sendable () -> Bool
  /// The word behind `isBroken`, if it is one: it is read before every step. Lives as long as the
  /// supervisor.
  public nonisolated(unsafe) var brokenWord: UnsafePointer<Atomic<Bool>>?
  /// What was broken, and what shows it.
  public var finding: @Sendable () -> (law: String, evidence: String)?
  /// The program is over and can be forgotten.
  public var resets: @Sendable () -> Void

  /// - Parameter opensBriefly: if nil, does the same as `opens`.
  /// - Parameter restsBriefly: if nil, does the same as `rests`.
  public init(
    supervisor: (any Supervisor)?, opens: @escaping @Sendable (IOVADomain) -> Void,
    opensBriefly: (@Sendable (IOVADomain) -> Void)? = nil,
    rests: @escaping @Sendable () -> Void, restsBriefly: (@Sendable () -> Void)? = nil,
    isQuiet: @escaping @Sendable () -> Void,
    closes: @escaping @Sendable (IOVADomain.Remains) -> Void,
    wasReset: @escaping @Sendable (IOVADomain) -> Void = { _ in },
    cannotOpen: @escaping @Sendable (IOVADomain.Remains, _ isShort: Bool) -> Void = { _, _ in },
    wasMade: @escaping @Sendable (_ credit: UInt64, _ refused: UInt64) -> Void = { _, _ in },
    hears: @escaping @Sendable (DomainReply, _ isShort: Bool, CPU) -> Void = { _, _, _ in },
    unplugged: @escaping @Sendable (CPU) -> Void, isBroken: @escaping @Sendable () -> Bool,
    finding: @escaping @Sendable () -> (law: String, evidence: String)?,
    resets: @escaping @Sendable () -> Void
  ) {
    self.supervisor = supervisor
    self.opens = opens
    self.opensBriefly = opensBriefly ?? opens
    self.rests = rests
    self.restsBriefly = restsBriefly ?? rests
    self.isQuiet = isQuiet
    self.closes = closes
    self.wasReset = wasReset
    self.cannotOpen = cannotOpen
    self.wasMade = wasMade
    self.hears = hears
    self.unplugged = unplugged
    self.isBroken = isBroken
    self.finding = finding
    self.resets = resets
  }

  /// Judges nothing.
  public static let none = Judge(
    supervisor: nil, opens: { _ in }, rests: {}, restsBriefly: {}, isQuiet: {}, closes: { _ in },
    unplugged: { _ in }, isBroken: { false }, finding: { nil }, resets: {})
}
