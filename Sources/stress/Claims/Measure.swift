/// One number of a claim: as stated, and as counted here.
struct Measure {
  /// How the two have to compare.
  enum Relation: Equatable {
    case equal
    /// They differ by at most that many per cent of the stated number, or by one.
    case about(percent: Int)
    case atMost
    case atLeast
    case above
  }

  /// What the numbers count, and how they are printed.
  enum Unit {
    case count
    /// Bytes, printed in KiB.
    case kib
    /// Bytes, printed in MiB.
    case mib
    /// Thousandths, printed as per cent.
    case percent
  }

  /// A known difference and its reason.
  struct Exception {
    /// The number expected instead; nil if that is unknown.
    let number: Int?
    /// One sentence.
    let reason: String
  }

  enum Verdict: Equatable {
    case holds
    /// Not as stated, for a known reason.
    case explained
    case differs
  }

  let what: String
  let stated: Int
  let counted: Int
  var relation = Relation.equal
  var unit = Unit.count
  var exception: Exception?

  init(
    _ what: String, _ relation: Relation = .equal, stated: Int, counted: Int,
    in unit: Unit = .count, except exception: Exception? = nil
  ) {
    self.what = what
    self.relation = relation
    self.stated = stated
    self.counted = counted
    self.unit = unit
    self.exception = exception
  }

  var verdict: Verdict {
    if isAsStated { return .holds }
    guard let exception else { return .differs }
    return exception.number ?? counted == counted ? .explained : .differs
  }

  private var isAsStated: Bool {
    switch relation {
    case .equal: counted == stated
    case .about(let percent): abs(counted - stated) * 100 <= max(100, percent * stated)
    case .atMost: counted <= stated
    case .atLeast: counted >= stated
    case .above: counted > stated
    }
  }

  /// Why the claim does not hold, in one sentence; nil if it does.
  var reason: String? {
    switch verdict {
    case .holds: nil
    case .explained: exception?.reason
    case .differs: "This refutes the claim: it states \(statedText), but \(countedText) came."
    }
  }

  var statedText: String {
    switch relation {
    case .equal: text(stated)
    case .about: "≈ \(text(stated))"
    case .atMost: "≤ \(text(stated))"
    case .atLeast: "≥ \(text(stated))"
    case .above: "> \(text(stated))"
    }
  }

  var countedText: String { text(counted) }

  private func text(_ number: Int) -> String {
    switch unit {
    case .count: number.grouped
    case .kib: "\(Self.quotient(number, 1024)) KiB"
    case .mib: "\(Self.quotient(number, 1024 * 1024)) MiB"
    case .percent: "\(Self.quotient(number, 10)) %"
    }
  }

  /// With as many digits after the point as matter, at most two.
  private static func quotient(_ number: Int, _ divisor: Int) -> String {
    let hundredths = (number * 100 + divisor / 2) / divisor
    let whole = (hundredths / 100).grouped
    guard hundredths % 100 != 0 else { return whole }
    let digits = hundredths % 10 == 0 ? 1 : 2
    let rest = digits == 1 ? hundredths % 100 / 10 : hundredths % 100
    return "\(whole).\(rest < 10 && digits == 2 ? "0" : "")\(rest)"
  }
}
