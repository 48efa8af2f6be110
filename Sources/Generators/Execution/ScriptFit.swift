import IOVA

/// How closely the places of a script have to be met.
public enum ScriptFit: CaseIterable, Hashable, Sendable {
  /// Each place and each CPU as it is written.
  case asWritten
  /// Each place as it is written, though another CPU may run what one ran.
  case renamed
  /// Locks by their rank alone: their CPUs and size classes may have other numbers now.
  case byRank

  /// What stands for all places that count as one.
  func reduced(_ point: SwitchPoint) -> SwitchPoint {
    guard self == .byRank else { return point }
    switch point {
    case .takes(let lock): return .takes(Self.firsts[Int(lock.rank.rawValue)])
    case .released(let lock): return .released(Self.firsts[Int(lock.rank.rawValue)])
    case .window, .handle, .announces: return point
    }
  }

  private static let firsts = LockRank.allCases.map { LockID.all(of: $0, cpus: 1)[0] }
}
