/// How a release caches ranges: the knobs of rules 34 to 37 and 45 to 62.
public struct CacheRules: Hashable, Sendable {
  public enum Depot: Hashable, Sendable {
    /// At most this many magazines; one more is returned to the tree immediately (rule 50, up to
    /// 6.6).
    case bounded(Int)
    /// An unbounded list, trimmed by a delayed worker (rules 58, 59, from 6.7 on).
    case list
  }

  public enum PopScan: Sendable {
    /// Only the newest entry is checked (up to about 4.17).
    case top
    case whole
  }

  /// Whether ranges are cached at all (from 4.7 on); if not, the fast path goes straight to the
  /// tree.
  public var isEnabled = true
  /// Entries of a magazine: 127 from 6.0 on, 128 before (rule 47).
  public var magazineCapacity = 127
  public var depot = Depot.list
  public var popScan = PopScan.whole
  /// Whether a magazine's entry has to lie below the highest pfn allowed, whatever its size (up to
  /// 4.14).
  ///
  /// The highest pfn itself is then never taken from a cache, and a range of several pages may
  /// reach beyond it.
  public var popIgnoresSize = false
  /// Whether a limit below the size wraps around when a magazine is searched (rules 51, 52).
  public var popLimitWraps = false
  /// Whether the fast path rounds sizes up to powers of two itself (rule 34, from about 5.17 on).
  public var roundsSizes = true
  /// Whether a failed allocation gives the caches back even if the caller asked not to (up to
  /// 4.14).
  public var alwaysFlushes = false
  /// Whether giving the caches back includes the depots (from 5.11 on).
  public var flushesDepots = true
  /// Whether a failed allocation gives back only ranges that begin at or below its limit; no others
  /// make room for it. A depot's magazine with one of them goes back as a whole. No release does
  /// that.
  public var flushesWithinLimit = false
  /// Whether a domain that could not get all its magazines is refused (from 5.18 on).
  public var initialisationMayFail = true
  /// Whether unplugging a CPU wakes the trim workers, whose threshold it lowers.
  public var unpluggingWakesTrimmers = true
  /// Time from storing a magazine in the depot to the trim worker's run, in ms.
  public var trimDelay: UInt64 = 100
}
