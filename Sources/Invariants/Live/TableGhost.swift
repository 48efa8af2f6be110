import IOVA
import Synchronization

/// What is known of second-level tables: which ones are unlinked, and which invalidations are under
/// way. The incremental form of "tables outlive walks".
final class TableGhost: @unchecked Sendable {
  fileprivate struct Unlinked {
    var reach: DMARange
    var since: UInt64
    var isCovered = false
  }

  fileprivate struct State {
    var now: UInt64 = 0
    var linked: Set<PhysicalAddress> = []
    var unlinked: [PhysicalAddress: Unlinked] = [:]
    var begun: [(range: DMARange, at: UInt64)] = []
    var made: UInt64 = 0
  }

  // Tables come and go seldom, and ThreadSanitizer knows no mutex but that of the C library.
  private let isTaken = Atomic(false)
  private var state = State()

  private func withState<Result>(_ body: (inout State) -> Result) -> Result {
    while isTaken.exchange(true, ordering: .acquiring) {}
    defer { isTaken.store(false, ordering: .releasing) }
    return body(&state)
  }

  func reset() { withState { $0 = State() } }

  /// Tables made so far.
  var made: UInt64 { withState { $0.made } }

  /// Notes an event; returns what it says against the law, if anything.
  func note(_ event: TableEvent) -> String? {
    withState { state -> String? in
      state.now += 1
      switch event {
      case .lost: return nil
      case .made: state.made += 1
      case .linked(let table, _): state.linked.insert(table)
      case .unlinked(let table, let reach):
        state.linked.remove(table)
        state.unlinked[table] = Unlinked(reach: reach, since: state.now)
      case .flushBegan(let range): state.begun.append((range, state.now))
      case .flushEnded(let range): return state.ended(range)
      case .released(let table): return state.released(table)
      case .tornDown: state = State()
      }
      return nil
    }
  }
}

extension TableGhost.State {
  mutating func ended(_ range: DMARange) -> String? {
    // Of two alike the one that began first, which proves less.
    guard let index = begun.firstIndex(where: { $0.range == range }) else {
      return "a flush of \(range) ended that never began"
    }
    let begin = begun.remove(at: index).at
    for (table, entry) in unlinked where entry.since < begin && range.contains(entry.reach) {
      unlinked[table]?.isCovered = true
    }
    return nil
  }

  mutating func released(_ table: PhysicalAddress) -> String? {
    if linked.contains(table) { return "the table at \(table) is released while linked" }
    guard let entry = unlinked.removeValue(forKey: table), !entry.isCovered else { return nil }
    return "the table at \(table) is released, and no flush of \(entry.reach) that began after it "
      + "was unlinked has ended"
  }
}
