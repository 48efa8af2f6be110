/// What a page table asks of the owner of the IOMMU.
public struct TableHooks: Sendable {
  /// Drops every translation and every partial walk through a range; once it returns, no walker
  /// holds the address of a table that was unlinked there before.
  ///
  /// Called with no lock held, except when a contiguous group is split.
  public var flushWalks: @Sendable (DMARange, CPU) -> Void
  /// Called with every event, on the CPU where it happens.
  public var observe: (@Sendable (TableEvent, CPU) -> Void)?

  public init(
    flushWalks: @escaping @Sendable (DMARange, CPU) -> Void = { _, _ in },
    observe: (@Sendable (TableEvent, CPU) -> Void)? = nil
  ) {
    self.flushWalks = flushWalks
    self.observe = observe
  }
}

/// What has to be invalidated after an unmap, before its addresses may be used again.
///
/// The corresponding Linux name is `iommu_iotlb_gather`.
public struct UnmapGather: Sendable {
  public enum Mode: Hashable, Sendable {
    /// The ranges are recorded; the caller invalidates them before it goes on.
    case strict
    /// Nothing is recorded: a flush queue invalidates everything later.
    case deferred
  }

  public let mode: Mode
  /// Whether unlinked tables are left to the caller, to be released after its own invalidation;
  /// otherwise walks are flushed and the table is released immediately.
  public let keepsTables: Bool
  /// Covers everything that was unmapped; nil if nothing was, or in deferred mode.
  public private(set) var range: DMARange?
  /// Tables that the caller has to release, in the order in which they were unlinked.
  public private(set) var tables: [PhysicalAddress] = []

  public init(_ mode: Mode = .strict, keepsTables: Bool = false) {
    self.mode = mode
    self.keepsTables = keepsTables
  }

  @inline(__always)
  mutating func record(_ unmapped: DMARange) {
    guard mode == .strict else { return }
    guard let range else {
      range = unmapped
      return
    }
    let (lo, hi) = (min(range.lo, unmapped.lo), max(range.hi, unmapped.hi))
    self.range = DMARange(lo, bytes: hi.raw - lo.raw + 1)
  }

  mutating func keep(_ table: PhysicalAddress) { tables.append(table) }
}
