/// How closely the places of a script have to be met.
public enum ScriptFit: CaseIterable, Hashable, Sendable {
  /// Each place and each CPU as it is written.
  case asWritten
  /// Each place as it is written, though another CPU may run what one ran.
  case renamed
  /// Locks by their rank alone, without what stands in brackets: CPUs and size classes may have
  /// other numbers now.
  case byRank

  /// What stands for all places that count as one, of a place as it is printed.
  func reduced(_ place: String) -> String {
    self == .byRank ? String(place.prefix { $0 != "(" }) : place
  }
}
