/// Reusing a domain.
extension IOVADomain {
  /// Whether `reset()` can be used: no memory was refused when the domain was made, and it was not
  /// torn down.
  public var isReusable: Bool {
    cache.isComplete && !lacksQueue && !isTornDown.load(ordering: .relaxed)
  }

  /// Returns the domain to its initial state, without a lock and without an event.
  ///
  /// From then on nothing can tell it from a fresh domain on a fresh machine: magazines are kept
  /// but emptied, ranges go back to the slab, counters are 0. Only for a reusable domain on virtual
  /// time, while nobody runs, together with `Machine.reset()`.
  ///
  /// - Returns: what was lost, as `teardown` would report it. If that is not nothing, or if a law
  ///   is known to be broken, tear the domain down and make another one.
  /// - Complexity: O(CPUs + what was touched), no allocation.
  public func reset() -> DomainRemains {
    precondition(isReusable, "a domain that lacks magazines or is torn down can't be reset")
    precondition(machine.clock != .host, "only a domain on virtual time can be reset")
    let ranges = tree.reset { $0.reset() }
    let magazines = cache.reset()
    let tables = mapper?.reset() ?? 0
    flushQueue?.reset(releasing: mapper == nil)
    invalidator.reset()
    tally.flushes.store(0, ordering: .relaxed)
    tally.returned.store(0, ordering: .relaxed)
    tally.trimmed.store(0, ordering: .relaxed)
    tally.lowAttempts.store(0, ordering: .relaxed)
    var remains = DomainRemains(rangeObjects: ranges, magazines: magazines)
    remains.tables = tables
    return remains
  }
}
