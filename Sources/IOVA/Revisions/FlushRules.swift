/// How a release frees what is queued: the knobs of rules 63 to 77.
public struct FlushRules: Hashable, Sendable {
  /// Whether whoever has invalidated frees all that was queued before, whatever invalidations of
  /// others are under way.
  ///
  /// Linux goes by the number of those that have finished. While another is under way that number
  /// is one too low for ranges queued since it started: nothing of a full ring is freed, and the
  /// range that is stored next wraps it around.
  public var ownInvalidationCounts = true
}
