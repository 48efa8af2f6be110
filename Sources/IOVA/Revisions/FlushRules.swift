/// How a release frees what is queued: the knobs of rules 63 to 77.
public struct FlushRules: Hashable, Sendable {
  /// Whether whoever invalidates for a full ring then empties all of it, since it saw all of it
  /// queued before.
  ///
  /// Linux goes by the stamps alone. While invalidations of other CPUs are under way these free
  /// nothing, and the range that is stored next wraps the ring around.
  public var fullRingIsEmptied = true
}
