/// One entry that is stored in words that follow each other.
public struct TableStore: Hashable, Sendable {
  /// As in memory; 0 clears.
  public var entry: UInt32
  /// What the first of the words held before.
  public var replaced: UInt32
  public var isFirstLevel: Bool
  /// Of the first word in its table.
  public var index: Int
  public var count: Int
  /// Whether a group of 16 is being rewritten as single blocks, under the lock for that.
  public var isSplit: Bool

  package init(
    _ entry: UInt32, replacing replaced: UInt32 = 0, isFirstLevel: Bool, at index: Int,
    count: Int = 1, isSplit: Bool = false
  ) {
    self.entry = entry
    self.replaced = replaced
    self.isFirstLevel = isFirstLevel
    self.index = index
    self.count = count
    self.isSplit = isSplit
  }
}

/// Something that happened to a page table, in order.
public enum TableEvent: Hashable, Sendable {
  /// Entries were stored; those that lead to a table are linked instead.
  case stored(TableStore)
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
