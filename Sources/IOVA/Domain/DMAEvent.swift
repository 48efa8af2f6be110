/// What the DMA layer of a domain tells, in order. No lock guards it: the pages of a range belong
/// to whoever owns the range.
public enum DMAEvent: Sendable {
  /// A call to map begins.
  case requested(pages: UInt64, device: Int)
  /// The driver of a device says next what that can address.
  case settingMask(PFN, device: Int)
  /// It has said so.
  case maskSet(device: Int)
  /// Entries are written next.
  case mapping(PFNRange, to: PhysicalAddress, Protection)
  /// They are all written, and a hypervisor has no resources to copy them all.
  case shadowIsFull(PFNRange)
  /// They are all written, in so many calls to the page table, and the device may use them.
  case mapped(PFNRange, device: Int, calls: Int = 1)
  /// A call to map got nothing: no address, or what was written is undone.
  case mapFailed(pages: UInt64, device: Int, permitsAccess: Bool)
  /// Entries are cleared next.
  case clearing(PFNRange)
  /// They are all cleared; hardware may still remember them. What was gathered to be invalidated,
  /// unless all is later.
  case cleared(PFNRange, gathered: DMARange? = nil, isDeferred: Bool = true)
  /// Entries of a part of a mapped range are cleared next.
  case clearingPart(PFNRange)
  /// So many pages of it are cleared, from the first on; the others stay mapped.
  case clearedPart(PFNRange, pages: UInt64, gathered: DMARange? = nil)
  /// Hardware was told to forget a range, and has; it is freed next.
  case forgotten(PFNRange)
  /// A piece of a range was said to be mapped, and nothing was.
  case stalled(PFNRange)
  /// A 32-bit address is tried first, although the device could take a higher one.
  case triedLow(device: Int)
  /// A page that is mapped was mapped once more, which changes nothing.
  case mappedAgain(PFN)
  /// A device accesses a page next.
  case accessing(PFN)
  /// It got there, or it faulted.
  case accessed(PFN, PageTranslation?)
  /// Something happened to a second-level table.
  case table(TableEvent)
}
