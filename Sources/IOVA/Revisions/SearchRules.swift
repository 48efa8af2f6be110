/// How a release searches the range tree: the knobs of rules 8 to 20 and 41 to 44.
public struct SearchRules: Hashable, Sendable {
  public enum CachedNodes: Sendable {
    /// Only `cached32`, set when a request's limit was exactly the 32-bit one (rule 42, up to
    /// 4.14).
    case one
    /// `cached` and `cached32` (rules 9, 17, 19).
    case two
  }

  public enum LimitStyle: Sendable {
    /// Up to 4.12 (rule 43).
    case inclusive
    case exclusive
  }

  public enum SecondPass: Sendable {
    /// Up to 5.10: gaps above the cached node are not searched (rule 44).
    case none
    /// 5.11 and 5.12: starts at the top.
    case fromAnchor
    /// From 5.13 on: starts at the limit (rule 14).
    case fromLimit
  }

  public enum Shortcut: Sendable {
    /// Up to 4.19.
    case none
    /// 4.20 to 5.17, as first released: reset only by a free that moves `cached32`.
    case resetByCachedNode
    /// From 5.18 on, and in stable releases of 5.10: set by any failure, reset by any free below
    /// the boundary (rules 15, 19b).
    case resetByAnyFree
    /// Set only by a failure that says something about the whole 32-bit space; separate for aligned
    /// and for other requests.
    case sound
  }

  /// Whether a range above all addresses keeps the tree from being empty (rule 5, from 4.15 on).
  public var anchor = true
  public var cachedNodes = CachedNodes.two
  /// Whether a delete asks if the range is `cached32` itself, wherever that lies (rule 19a, from
  /// 5.3 on).
  public var recognisesCached32 = true
  /// Without an anchor: whether a limit becomes the cached node's `lo` even if that is higher (rule
  /// 42, up to 4.14).
  public var raisesLimits = false
  /// Without an anchor: whether `cached` takes the place of an absent `cached32`, and gives a
  /// 32-bit request its limit (posted in July 2017).
  public var cachedStandsIn = false
  /// Without an anchor: whether a range that contains the boundary is `cached32` once inserted, and
  /// compared with `cached` once deleted (posted in July 2017).
  public var dividesUnevenly = false
  /// Without an anchor: whether a delete asks if the cached node is absent (not as posted in July
  /// 2017).
  public var expectsAbsence = true
  public var limitStyle = LimitStyle.exclusive
  public var secondPass = SecondPass.fromLimit
  public var shortcut = Shortcut.sound

  /// These, with the bugs in them that are switched on.
  func with(_ faults: FaultSet) -> SearchRules {
    var rules = self
    if faults.contains(.a01) { rules.expectsAbsence = false }
    if faults.contains(.a03) { rules.recognisesCached32 = false }
    if faults.contains(.a19) { rules.cachedStandsIn = true }
    if faults.contains(.a20) { rules.dividesUnevenly = true }
    if faults.contains(.a21) { rules.raisesLimits = true }
    return rules
  }
}
