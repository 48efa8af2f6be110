import IOVA

/// Whether a history is linearisable: whether each call may have taken effect at one moment between
/// its invocation and its response, so that the answers are those of the sequential allocator.
///
/// The history is cut into parts by address, each part is tried in the obvious order
/// (`HistoryWitness`), and only parts that fail there are searched (`HistorySearch`). The problem
/// is NP-complete in general, so both the calls of a part and the states visited are bounded, and
/// "unknown" is a possible answer.
public struct Linearisability: Sendable {
  public enum Verdict: Hashable, Sendable {
    case linearisable
    /// The calls of the smallest part that no order explains, reduced to those that matter.
    case notLinearisable(String)
    /// Why it could not be decided within the bounds.
    case unknown(String)
  }

  /// The limits of the effort spent on a history.
  public struct Bounds: Hashable, Sendable {
    /// The most calls of a part that is searched.
    public var callsOfPart = 4096
    /// The most states visited, over all parts.
    public var states = 1 << 16

    public init() {}
  }

  /// A verdict, and its cost.
  public struct Answer: Hashable, Sendable {
    public let verdict: Verdict
    public let parts: Int
    /// States visited by searches.
    public let states: Int

    public init(verdict: Verdict, parts: Int, states: Int) {
      self.verdict = verdict
      self.parts = parts
      self.states = states
    }
  }

  public let rules: HistoryRules
  public let bounds: Bounds
  /// Whether the obvious order is tried first; if not, everything is searched.
  public let triesWitness: Bool

  public init(
    _ rules: HistoryRules = HistoryRules(), bounds: Bounds = Bounds(), triesWitness: Bool = true
  ) {
    self.rules = rules
    self.bounds = bounds
    self.triesWitness = triesWitness
  }

  /// Judges a history.
  ///
  /// - Parameter calls: in any order. A call that still runs may or may not have taken effect; an
  ///   allocation among them has not returned anything yet.
  /// - Parameter granted: ranges that callers held before; they must not overlap.
  /// - Complexity: O(n log n + n × ranges of a part), if the obvious order is right.
  public func judge(_ calls: [HistoryCall], startingWith granted: [PFNRange] = []) -> Answer {
    for call in calls where call.response != nil {
      guard let mistake = rules.mistake(in: call) else { continue }
      return Answer(verdict: .notLinearisable("\(call): \(mistake)"), parts: 1, states: 0)
    }
    let telling = calls.filter { call in
      let effect = rules.effect(of: call)
      return effect != .nothing && (call.response != nil || !effect.isGrant)
    }
    let parts = HistoryPart.parts(of: telling, startingWith: granted, rules)
    // From the smallest up: the first that is impossible is the evidence.
    let suspects = parts.enumerated().filter { !triesWitness || !isWitnessed($0.element) }
      .sorted { ($0.element.calls.count, $0.offset) < ($1.element.calls.count, $1.offset) }
    var states = 0
    var doubt: String?
    for (_, part) in suspects {
      if part.calls.count > bounds.callsOfPart {
        doubt = "a part has \(part.calls.count.of("call")), \(bounds.callsOfPart) are searched"
        continue
      }
      var search = HistorySearch(part, rules)
      let outcome = search.run(mostStates: bounds.states - states)
      states += min(search.states, bounds.states - states)
      switch outcome {
      case .found: break
      case .gaveUp: doubt = "more than \(bounds.states) states"
      case .impossible:
        let evidence = HistoryEvidence(part, rules).text
        return Answer(verdict: .notLinearisable(evidence), parts: parts.count, states: states)
      }
    }
    return Answer(
      verdict: doubt.map { .unknown($0) } ?? .linearisable, parts: parts.count, states: states)
  }

  private func isWitnessed(_ part: HistoryPart) -> Bool {
    var witness = HistoryWitness(rules)
    witness.begin(rules, with: part.granted)
    return witness.accepts(all: part.calls)
  }
}
