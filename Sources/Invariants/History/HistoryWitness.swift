import IOVA

/// The order that is tried before any search: an allocation takes effect when it ends, giving back
/// when it begins.
///
/// Each call takes effect within its own interval, so if the order is right it is a witness, and
/// the history is linearisable. It is also the best order for lawful callers, who give back only
/// what an allocation that ended gave them: in any other right order each range is granted for a
/// span that includes this one, and shorter spans overlap no more. So a search is needed only after
/// a mistake, to prove that it is one. If one CPU runs at a time, the moments of effect are known
/// (the release of T, or C for a cached range), and the ledger of `LawBook` follows them call by
/// call; this order needs no such knowledge, and serves both kinds of runs.
struct HistoryWitness {
  private var rules: HistoryRules
  /// What is granted after the calls so far.
  private(set) var granted = NaiveAllocator()

  init(_ rules: HistoryRules) { self.rules = rules }

  /// Starts over with these ranges granted, which must not overlap; keeps its memory.
  mutating func begin(_ rules: HistoryRules, with ranges: [PFNRange] = []) {
    self.rules = rules
    granted.removeAll()
    for range in ranges { granted.take(range) }
  }

  /// Whether the next call of the order is right; if not, nothing changes. O(ranges)
  mutating func accepts(_ call: HistoryCall) -> Bool {
    let effect = rules.effect(of: call)
    // What a call that still runs will do is open; it may have had no effect yet.
    if call.response == nil, effect.isGrant { return true }
    if rules.mistake(in: call) != nil { return false }
    return granted.apply(effect) || call.response == nil
  }

  /// Whether this order of the calls is right. O(n log n + n × ranges)
  mutating func accepts(all calls: [HistoryCall]) -> Bool {
    let moments = calls.indices.map { (moment: moment(of: calls[$0]), index: $0) }
    // Of calls at the same moment, those that give back come first.
    let order = moments.sorted {
      let (a, b) = (rules.effect(of: calls[$0.index]), rules.effect(of: calls[$1.index]))
      return ($0.moment, a.isGrant ? 1 : 0, $0.index) < ($1.moment, b.isGrant ? 1 : 0, $1.index)
    }
    return order.allSatisfy { accepts(calls[$0.index]) }
  }

  /// When the call takes effect in this order.
  func moment(of call: HistoryCall) -> UInt64 {
    rules.effect(of: call).isGrant ? call.response ?? .max : call.invocation
  }
}
