/// What a domain announces to its machine's supervisor, in order, under the lock that guards it.
public enum DomainEvent: Sendable {
  /// No lock: a call begins. What it frees is no longer the caller's.
  case began(DomainCall)
  /// No lock: the call has ended. What it allocated is the caller's from now on.
  case ended(DomainCall, PFN?)
  /// T: a range was taken from the tree.
  case allocated(PFNRange, TreeRequest)
  /// T: a request found no room.
  case allocationFailed(TreeRequest)
  /// T: a range was removed, at the client's request or out of a cache.
  case removed(PFNRange, RemovalCause)
  /// T: a magazine to be returned to the tree was empty, so the tree was not touched.
  case returnedNothing
  /// T: a range was reserved; false if that was refused.
  case reserved(PFNRange, Bool)
  /// T: a pfn was looked up.
  case found(PFN, PFNRange?)
  /// T: the middle was cut out of a range.
  case split(PFNRange, removing: PFNRange)
  /// C: a range was put into the loaded magazine of a CPU.
  case cached(PFN, sizeClass: Int)
  /// C: a range was taken from the loaded magazine of a CPU; `limit` is the highest `lo` allowed.
  case taken(PFN, sizeClass: Int, limit: UInt64)
  /// C: no cached range was low enough; `lowest` is the lowest entry of the loaded magazine, if
  /// any, and `spare` the number of entries in the previous one.
  case missed(sizeClass: Int, limit: UInt64, lowest: PFN?, spare: Int)
  /// D: a full magazine was put into the depot.
  case stored(sizeClass: Int)
  /// D: a full magazine was taken from the depot.
  case fetched(sizeClass: Int)
  /// C: a CPU's cached ranges of a class went back to the tree, or those up to a limit.
  case flushed(CPU, sizeClass: Int)
  /// D: the depot went back to the tree, except what lies above a limit; or is empty at teardown.
  case drained(sizeClass: Int)
  /// D: a depot was checked after a CPU was unplugged; its worker is to be armed or not.
  case checked(sizeClass: Int, wakes: Bool)
  /// No lock: the domain ends; from now on only the CPU that ends it may touch it.
  case closing
  /// D: the trim worker ran; whether it took a magazine, and whether it is armed again.
  case trimmed(sizeClass: Int, released: Bool, rearmed: Bool)
  /// Any lock: a request for memory was refused.
  case memoryRefused
  /// Q: a ring got its slots.
  case ringMade(Int)
  /// Q: a range was put into a ring.
  case queued(PFN, pages: UInt64, ring: Int, stamp: UInt64)
  /// Q: a range was taken from the head of a ring, and is freed next.
  case released(PFN, pages: UInt64, ring: Int)
  /// No lock: an invalidation was counted as started, and is done next.
  case invalidationStarted
  /// No lock: it was done, and is counted as finished next.
  case invalidationFinished
  /// No lock: the caller turned the flush timer's flag on, and arms it next.
  case flushTimerArmed
  /// No lock: the flush timer's work begins; its flag is reset next.
  case flushTimerBegan
  /// No lock: the timer's work has visited all rings.
  case flushTimerEnded
  /// No lock: devices, their mappings, and page tables.
  case dma(DMAEvent)
}

/// A request as the tree sees it, and how its search went.
public struct TreeRequest: Sendable, Hashable {
  public let pages: UInt64
  /// Exclusive.
  public let limit: UInt64
  public let aligned: Bool
  /// Predecessor steps.
  public let visits: UInt64
  /// Whether the 32-bit shortcut answered.
  public let byShortcut: Bool
  /// Whether the part above the cached node was searched as well.
  public let tookSecondPass: Bool

  package init(
    pages: UInt64, limit: UInt64, aligned: Bool, visits: UInt64, byShortcut: Bool,
    tookSecondPass: Bool = false
  ) {
    self.pages = pages
    self.limit = limit
    self.aligned = aligned
    self.visits = visits
    self.byShortcut = byShortcut
    self.tookSecondPass = tookSecondPass
  }
}

/// Who wants a range removed.
public enum RemovalCause: Sendable, Hashable {
  case client, cache
}

/// A call at the public face of a domain, whose cost and answer the laws judge.
public enum DomainCall: Sendable, Hashable {
  case allocate(pages: UInt64, limit: AddressLimit, aligned: Bool)
  case free(PFN)
  case allocateFast(pages: UInt64, limit: AddressLimit, flush: Bool)
  case freeFast(PFN, pages: UInt64)
  case deferFree(PFN, pages: UInt64)
}
