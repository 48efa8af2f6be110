/// What a call to map asks for.
public struct MapRequest: Hashable, Sendable {
  public let pages: UInt64
  public let device: Int
  public let mask: DMAMask
  public let protection: Protection
  /// Whether the caller may sleep.
  public let context: MemoryContext

  package init(
    _ pages: UInt64, _ device: Int, _ mask: DMAMask = .streaming,
    _ protection: Protection = .readWrite, _ context: MemoryContext = .atomic
  ) {
    self.pages = pages
    self.device = device
    self.mask = mask
    self.protection = protection
    self.context = context
  }
}

/// What the DMA layer of a domain announces, in order. No lock guards it: the pages of a range
/// belong to the owner of the range.
public enum DMAEvent: Sendable {
  /// A call to map begins.
  case requested(MapRequest)
  /// The driver of a device sets its mask next.
  case settingMask(PFN, device: Int, DMAMask = .streaming)
  /// The mask is set.
  case maskSet(device: Int, DMAMask = .streaming)
  /// Entries are written next.
  case mapping(PFNRange, to: PhysicalAddress, Protection)
  /// They are all written, but a hypervisor lacks the resources to copy them all.
  case shadowIsFull(PFNRange)
  /// They are all written, in `calls` calls to the page table, and the device may use them.
  case mapped(PFNRange, MapRequest, calls: Int = 1)
  /// A call to map failed: there was no address, or what was written is undone.
  case mapFailed(MapRequest)
  /// Entries are cleared next.
  case clearing(PFNRange)
  /// They are all cleared; hardware may still remember them. `gathered` is what has to be
  /// invalidated now, unless everything is invalidated later.
  case cleared(PFNRange, gathered: DMARange? = nil, isDeferred: Bool = true)
  /// Entries of a part of a mapped range are cleared next.
  case clearingPart(PFNRange)
  /// The first `pages` pages of it are cleared; the others stay mapped.
  case clearedPart(PFNRange, pages: UInt64, gathered: DMARange? = nil)
  /// The hardware has forgotten a range, which is freed next.
  case forgotten(PFNRange)
  /// A piece of a range was reported as mapped, though nothing was.
  case stalled(PFNRange)
  /// A 32-bit address is tried first, although the device could take a higher one.
  case triedLow(device: Int)
  /// A mapped page was mapped again, which changes nothing.
  case mappedAgain(PFN)
  /// A device accesses a page next.
  case accessing(PFN)
  /// The access succeeded, or it faulted.
  case accessed(PFN, PageTranslation?)
  /// Something happened to a second-level table.
  case table(TableEvent)
}
