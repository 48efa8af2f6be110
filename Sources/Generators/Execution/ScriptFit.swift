import IOVA

/// How closely the places of a script have to be met.
public enum ScriptFit: CaseIterable, Hashable, Sendable {
  /// Each place as it is written.
  case asWritten
  /// Locks by their rank alone: their CPUs and size classes may have other numbers now.
  case byRank

  /// What stands for all places that count as one.
  func reduced(_ point: SwitchPoint) -> SwitchPoint {
    guard self == .byRank else { return point }
    switch point {
    case .takes(let lock): return .takes(Self.first(lock.rank))
    case .released(let lock): return .released(Self.first(lock.rank))
    case .window, .handle, .announces: return point
    }
  }

  private static func first(_ rank: LockRank) -> LockID {
    switch rank {
    case .attachment: .attachment
    case .worker: .worker
    case .flushRing: .flushRing(CPU(0))
    case .cpuCache: .cpuCache(CPU(0), 0)
    case .depot: .depot(0)
    case .rangeTree: .rangeTree
    case .tableSplit: .tableSplit
    case .tableMemory: .tableMemory
    case .physicalMemory: .physicalMemory
    case .timers: .timers
    }
  }
}
