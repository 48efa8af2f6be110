import IOVA

/// What those who run programs ask a judge.
extension Judge {
  /// Whether a law is broken, as a conductor asks.
  var watch: BreachWatch { BreachWatch(brokenWord, asking: { self.isBroken }) }

  /// What was broken; nil if nothing was.
  var found: Finding? { finding.map { Finding(law: $0.law, evidence: $0.evidence) } }

  /// Ends a domain; if a law is broken, it is not trusted to end by itself.
  func ends(_ domain: IOVADomain) {
    guard !isBroken else { return domain.abandon() }
    closes(domain.teardown(on: CPU(0)))
  }
}
