/// Something that happened to a second-level table, in order.
public enum TableEvent: Hashable, Sendable {
  /// Memory was allocated for it.
  case made(PhysicalAddress)
  /// The first level points to it from now on, as CPUs see it.
  case linked(PhysicalAddress, reach: DMARange)
  /// Another CPU was faster; the table was never reachable.
  case lost(PhysicalAddress)
  /// The first level does not point to it any more; walkers may still hold its address.
  case unlinked(PhysicalAddress, reach: DMARange)
  /// An invalidation of walks through the range begins, and ends.
  case flushBegan(DMARange)
  case flushEnded(DMARange)
  /// Its memory has another owner from now on.
  case released(PhysicalAddress)
  /// No walker may use the page table from now on; all its tables are released next.
  case tornDown
}
