import IOVA

/// Calls of a history that can be judged independently of the others.
///
/// Two calls belong together if their pfns overlap, directly or through others. Nothing that a call
/// of one part does makes a call of another part right or wrong, so a history is linearisable if
/// and only if each part is (Herlihy and Wing 1990; Horn and Kroening, FORTE 2015).
struct HistoryPart {
  /// In order of their invocations.
  var calls: [HistoryCall] = []
  /// Ranges that were granted before the history began.
  var granted: [PFNRange] = []

  /// Cuts a history into its parts, from the lowest pfns up. O(n log n)
  ///
  /// - Parameter calls: without those that concern no pfns.
  static func parts(
    of calls: [HistoryCall], startingWith granted: [PFNRange], _ rules: HistoryRules
  ) -> [HistoryPart] {
    var extents: [(range: PFNRange, index: Int)] = []
    extents.reserveCapacity(calls.count + granted.count)
    for (index, call) in calls.enumerated() {
      guard let extent = rules.effect(of: call).extent else { continue }
      extents.append((extent, index))
    }
    for (index, range) in granted.enumerated() { extents.append((range, calls.count + index)) }
    extents.sort { ($0.range.lo, $0.index) < ($1.range.lo, $1.index) }
    var parts: [HistoryPart] = []
    var highest: PFN?
    for (range, index) in extents {
      if highest.map({ range.lo > $0 }) ?? true { parts.append(HistoryPart()) }
      highest = max(highest ?? range.hi, range.hi)
      if index < calls.count {
        parts[parts.count - 1].calls.append(calls[index])
      } else {
        parts[parts.count - 1].granted.append(granted[index - calls.count])
      }
    }
    for index in parts.indices {
      parts[index].calls.sort {
        ($0.invocation, $0.response ?? .max, $0.cpu) < ($1.invocation, $1.response ?? .max, $1.cpu)
      }
    }
    return parts.filter { !$0.calls.isEmpty }
  }
}
