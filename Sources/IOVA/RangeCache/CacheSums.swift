/// What a domain's caches hold while nobody runs, as sums: enough to see that something is missing.
package struct CacheSums: Hashable, Sendable {
  /// Ranges in all magazines.
  package var parked = 0
  /// Ranges in the magazines of CPUs that are unplugged.
  package var stranded = 0
  /// Magazines with CPUs and in depots.
  package var magazines = 0
  /// Depots with more magazines than online CPUs whose worker is not armed, one bit each.
  package var stuckDepots: UInt64 = 0
}
