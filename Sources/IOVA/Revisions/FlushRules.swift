/// How a release frees what is queued: the knobs of rules 63 to 77.
public struct FlushRules: Hashable, Sendable {
  /// Whether a CPU that has invalidated frees all that was queued before, even if other CPUs'
  /// invalidations are under way.
  ///
  /// Linux goes by the number of finished invalidations. While another one is under way, that
  /// number is one too low for ranges queued since it started: nothing in a full ring is freed, and
  /// storing the next range makes the ring wrap around.
  public var ownInvalidationCounts = true
  /// Whether each CPU of a guest has a ring of its own, as in the conversion of s390 without its
  /// last two patches, rather than all of them one (rule 72). A hypervisor's invalidations are
  /// expensive, and come ever so often then.
  public var ringsForShadows = false
}
