import IOVA
import Invariants
import Testing

/// The law of whole histories: calls that no order explains.
extension Breach {
  static let ofHistories: [Breach] = [
    Breach(.historyIsLinearisable, "a range that two callers hold at once") {
      Invariant.historyIsLinearisable.judge([
        .grant(5, from: 1, to: 2), .grant(5, from: 3, to: 4),
        .giveBack(5, from: 5, to: 6), .giveBack(5, from: 7, to: 8),
      ])
    },
    Breach(.historyIsLinearisable, "a range that is given back twice") {
      Invariant.historyIsLinearisable.judge([
        .grant(5, from: 1, to: 2), .giveBack(5, from: 3, to: 4), .giveBack(5, from: 5, to: 6),
      ])
    },
    Breach(.historyIsLinearisable, "a range beyond the limit") {
      Invariant.historyIsLinearisable.judge([.grant(1001, from: 1, to: 2)])
    },
  ]

  static let ofRecordedHistories: [Breach] = [
    // Ownership of the pages beyond 65,536 of one range is in no ledger, and all is well at rest.
    Breach(.historyIsLinearisable, "the far end of a range, lent to another caller meanwhile") {
      let watched = try WatchedDomain(isSequential: false)
      let whole = try #require(watched.take(1 << 17, 1 << 20))
      watched.example.domain.tamper { _ = $0.free(whole) }
      let lent = try #require(watched.take(1 << 10, 1 << 20))
      watched.give(lent)
      watched.example.domain.tamper {
        _ = $0.reserve(whole, whole + (1 << 17) - 1, highest: 1 << 30)
      }
      return watched.violationAtRest
    }
  ]
}
