import IOVA

/// An impossible part of a history, reduced to the calls that matter, as text.
///
/// What is removed is the life of a range: the allocation that granted it and the call that gave it
/// back, if in no order another call could give that range back. Such a life only keeps others from
/// its pfns, so any order that explains the whole also explains what is left; if that is
/// impossible, so is the whole.
struct HistoryEvidence {
  /// States that a search may visit to show that the rest is still impossible.
  private static let mostStates = 1 << 14
  /// The most searches.
  private static let mostTries = 512
  /// The most calls that are printed.
  private static let mostCalls = 16

  private let rules: HistoryRules
  private(set) var part: HistoryPart

  init(_ part: HistoryPart, _ rules: HistoryRules) {
    self.rules = rules
    self.part = part
    reduce()
  }

  var text: String {
    var lines = part.granted.map { "granted before: \($0)" }
    lines += part.calls.prefix(Self.mostCalls).map(text)
    let rest = part.calls.count - Self.mostCalls
    return "no order explains: " + lines.joined(separator: "; ")
      + (rest > 0 ? "; and \(rest.of("more call"))" : "")
  }

  /// The call, with the whole range that it granted: a fast call grants more than was requested.
  private func text(of call: HistoryCall) -> String {
    guard case .grants(let range) = rules.effect(of: call), range.pages > 1 else {
      return "\(call)"
    }
    return "\(call)...\(range.hi)"
  }

  private mutating func reduce() {
    var tries = 0
    // Two calls that look the same are two lives that can't be told apart.
    guard Set(part.calls).count == part.calls.count else { return }
    for range in part.granted where tries < Self.mostTries {
      let life = life(of: range, since: nil)
      guard life.isOwn else { continue }
      var smaller = part
      smaller.granted.removeAll { $0 == range }
      smaller.calls.removeAll { $0 == life.end }
      tries += 1
      if isImpossible(smaller) { part = smaller }
    }
    for call in part.calls where tries < Self.mostTries {
      guard case .grants(let range) = rules.effect(of: call) else { continue }
      let life = life(of: range, since: call)
      guard life.isOwn else { continue }
      var smaller = part
      smaller.calls.removeAll { $0 == call || $0 == life.end }
      tries += 1
      if isImpossible(smaller) { part = smaller }
    }
  }

  private func isImpossible(_ part: HistoryPart) -> Bool {
    var search = HistorySearch(part, rules)
    return search.run(mostStates: Self.mostStates) == .impossible
  }

  /// The call that gives a range back, if any does, provided that no other call may in any order.
  private func life(
    of range: PFNRange, since grant: HistoryCall?
  ) -> (end: HistoryCall?, isOwn: Bool) {
    let begin = grant?.response ?? 0
    // A call that ended before the grant began gave back another range.
    let ends = part.calls.filter { call in
      concerns(range, call) && grant.map { call.response ?? .max >= $0.invocation } ?? true
    }
    guard let end = ends.first else { return (nil, true) }
    guard case .givesBack = rules.effect(of: end), let ended = end.response,
      grant == nil || end.invocation > begin
    else { return (nil, false) }
    return (end, ends.dropFirst().allSatisfy { $0.invocation > ended })
  }

  /// Whether a call may give the range back or split it.
  private func concerns(_ range: PFNRange, _ call: HistoryCall) -> Bool {
    switch rules.effect(of: call) {
    case .nothing, .grants: false
    case .givesBack(let pfn, nil): range.contains(pfn)
    case .givesBack(let pfn, let pages?): range == PFNRange(pfn, pages: pages)
    case .splits(let whole, _): range == whole
    }
  }
}
