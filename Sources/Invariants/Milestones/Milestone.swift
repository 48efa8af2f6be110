import IOVA

/// Something that should happen *sometimes*: a run in which it never does has not tested what it
/// seems to.
public enum Milestone: Int, CaseIterable, Sendable {
  case searchFailed
  case shortcutRefused
  case rangeStraddledBoundary
  case cacheHit
  case cacheMissedByLimit
  case depotStored
  case depotFetched
  case magazineReturnedToTree
  case flushedAndRetried
  case workerTrimmed
  case cpuUnplugged
  case memoryRefused
  case rangeSplit
  case rangeQueued
  case ringWasFull
  case flushTimerFreed
  case unmappedStrictly
  case deviceAccessed
  case deviceFaulted
  case staleTranslationUsed
  case shadowWasFull
  case maskSet
  case coherentAllocated
  case sizeWrapped
  case rangeNearTop
  case rangeLookedUp
  case reservationsCopied
  case domainNotMade
  case partUnmapped
  case partRefused
  case blockSplit
  case largestBlockMapped
  case depotHeldSeveral
  case limitInsidePage

  /// What happens, in a few words.
  public var summary: String {
    switch self {
    case .searchFailed: "a search found no room"
    case .shortcutRefused: "the 32-bit shortcut refused without a search"
    case .rangeStraddledBoundary: "a range straddled the boundary"
    case .cacheHit: "a range came out of a magazine"
    case .cacheMissedByLimit: "a magazine held nothing low enough"
    case .depotStored: "a full magazine went into a depot"
    case .depotFetched: "a full magazine came out of a depot"
    case .magazineReturnedToTree: "cached ranges went back to the tree"
    case .flushedAndRetried: "an allocation succeeded after giving the caches back"
    case .workerTrimmed: "the trim worker released a magazine"
    case .cpuUnplugged: "a CPU was unplugged"
    case .memoryRefused: "a request for memory failed"
    case .rangeSplit: "a part was cut out of a range"
    case .rangeQueued: "a range was queued for an invalidation"
    case .ringWasFull: "a full ring was emptied by an invalidation"
    case .flushTimerFreed: "the flush timer freed a range"
    case .unmappedStrictly: "a range was invalidated and freed at once"
    case .deviceAccessed: "a device accessed a page"
    case .deviceFaulted: "a device accessed a page, and faulted"
    case .staleTranslationUsed: "a device accessed an unmapped page that was not yet forgotten"
    case .shadowWasFull: "a hypervisor had no resources for a page"
    case .maskSet: "a driver said what its device can address"
    case .coherentAllocated: "a device shared memory with its driver"
    case .sizeWrapped: "a request was larger than 2^63 pages"
    case .rangeNearTop: "a range was taken near the highest pfn"
    case .rangeLookedUp: "a range was looked up"
    case .reservationsCopied: "reservations were copied from another domain"
    case .domainNotMade: "a domain could not be made because memory was refused"
    case .partUnmapped: "a part of a mapping was unmapped"
    case .partRefused: "a part of a block was not unmapped"
    case .blockSplit: "a block was split, since a part of it was unmapped"
    case .largestBlockMapped: "a block of 16 MiB was mapped"
    case .depotHeldSeveral: "a depot held two magazines"
    case .limitInsidePage: "a device whose limit lies inside a page was given the page below it"
    }
  }

  /// Whether it can happen by the rules of a release.
  public func isPossible(_ revision: Revision) -> Bool {
    switch self {
    case .blockSplit: revision.tables.splitsBlocks
    case .partRefused: !revision.tables.splitsBlocks
    case .shortcutRefused: revision.search.shortcut != .none
    case .workerTrimmed: revision.cache.depot == .list
    default: true
    }
  }

  var bit: UInt64 { 1 << UInt64(rawValue) }
}
