import IOVA
import Synchronization

/// What is known of second-level tables: which there are, which are linked and where, which are
/// unlinked, and which invalidations are under way.
///
/// The incremental forms of "tables outlive walks", and of what links and memory say of tables.
final class TableGhost: @unchecked Sendable {
  fileprivate struct Unlinked {
    var reach: DMARange
    var since: UInt64
    var isCovered = false
  }

  fileprivate struct State {
    var now: UInt64 = 0
    /// Given out, and not released.
    var live: Set<PhysicalAddress> = []
    var linked: Set<PhysicalAddress> = []
    /// The table of each MiB.
    var owners: [DMARange: PhysicalAddress] = [:]
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
  func note(_ event: TableEvent) -> Violation? {
    withState { state -> Violation? in
      state.now += 1
      switch event {
      case .stored, .lost: return nil
      case .made(let table):
        state.made += 1
        if state.live.insert(table).inserted { return nil }
        return Violation(
          law: .tablesAreAccounted, evidence: "the table at \(table) is given out twice")
      case .linked(let table, let reach): return state.link(table, reach)
      case .unlinked(let table, let reach):
        state.linked.remove(table)
        state.owners[reach] = nil
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
  /// I20: a linked table is alive, and the only one of its MiB, which is the only one that it has.
  mutating func link(_ table: PhysicalAddress, _ reach: DMARange) -> Violation? {
    let other = owners.updateValue(table, forKey: reach)
    let isNew = linked.insert(table).inserted
    let evidence: String? =
      if !live.contains(table) {
        "an entry leads to a table at \(table), where none lives"
      } else if !isNew {
        "two entries lead to the table at \(table)"
      } else {
        other.map { "the entry of the table at \($0) is overwritten" }
      }
    return evidence.map { Violation(law: .tablesAreWellFormed, evidence: $0) }
  }

  mutating func ended(_ range: DMARange) -> Violation? {
    // Of two alike the one that began first, which proves less.
    guard let index = begun.firstIndex(where: { $0.range == range }) else {
      return Violation(
        law: .tablesOutliveWalks, evidence: "a flush of \(range) ended that never began")
    }
    let begin = begun.remove(at: index).at
    for (table, entry) in unlinked where entry.since < begin && range.contains(entry.reach) {
      unlinked[table]?.isCovered = true
    }
    return nil
  }

  mutating func released(_ table: PhysicalAddress) -> Violation? {
    live.remove(table)
    if linked.contains(table) {
      return Violation(
        law: .tablesOutliveWalks, evidence: "the table at \(table) is released while linked")
    }
    guard let entry = unlinked.removeValue(forKey: table), !entry.isCovered else { return nil }
    return Violation(
      law: .tablesOutliveWalks,
      evidence:
        "the table at \(table) is released, and no flush of \(entry.reach) that began after it was "
        + "unlinked has ended")
  }
}
