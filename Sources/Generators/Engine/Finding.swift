/// A law that was broken, as whoever judges names it; two failures are the same if their laws are.
public struct Finding: Hashable, Sendable {
  public let law: String
  public let evidence: String

  public init(law: String, evidence: String) {
    self.law = law
    self.evidence = evidence
  }
}
