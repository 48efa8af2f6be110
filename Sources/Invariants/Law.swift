import IOVA

/// A statement that must hold, with its name, and the guard under which it does.
///
/// The name is the Swift identifier, which `grep` finds; `id` is that of the catalogue.
public struct Law: Hashable, Sendable {
  /// When a law holds, and so when it is checked.
  public enum Guard: String, Hashable, Sendable {
    /// Whenever T is free: checked just before it is released.
    case rangeTree = "T"
    /// Whenever C(cpu, class) is free.
    case cpuCache = "C"
    /// Whenever Q(ring) is free.
    case flushRing = "Q"
    /// Whenever D(class) is free.
    case depot = "D"
    /// When a call returns.
    case atReturn = "return"
    /// When nobody runs.
    case atRest = "rest"
    /// Once everything was given back.
    case whenQuiet = "quiet"
    case always = "always"
  }

  public let name: String
  public let id: String
  public let holds: Guard
  public let statement: String

  init(_ id: String, _ holds: Guard, _ statement: String, name: String = #function) {
    self.name = name
    self.id = id
    self.holds = holds
    self.statement = statement
  }

  public static func named(_ name: String) -> Law? {
    all.first { $0.name == name || $0.id.lowercased() == name.lowercased() }
  }
}

/// A broken law, and the evidence.
public struct Violation: Hashable, Sendable {
  public let law: Law
  public let evidence: String
}

/// The evidence against a law, built away from the path of calls that break none.
@inline(never)
func told(_ evidence: @autoclosure () -> String) -> String? { evidence() }

/// The full form of a law: its evidence against a whole snapshot.
///
/// The reference that the incremental form is compared with, and that needs no trust.
public struct Invariant<Subject>: Sendable {
  public let law: Law
  /// The evidence against the law; nil if it holds.
  public let evidence: @Sendable (Subject) -> String?

  init(_ law: Law, _ evidence: @escaping @Sendable (Subject) -> String?) {
    self.law = law
    self.evidence = evidence
  }

  /// Judges a snapshot.
  public func judge(_ subject: Subject) -> Violation? {
    evidence(subject).map { Violation(law: law, evidence: $0) }
  }
}
