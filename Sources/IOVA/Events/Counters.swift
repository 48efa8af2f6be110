/// What the range tree counts; guarded by its lock.
public struct TreeCounters: Sendable, Hashable {
  /// Predecessor steps of all searches.
  public var nodesVisited: UInt64 = 0
  public var allocations: UInt64 = 0
  /// Searches that found no room.
  public var failures: UInt64 = 0
  /// Requests refused by the 32-bit shortcut, without a search.
  public var shortcuts: UInt64 = 0
  public var secondPasses: UInt64 = 0
  public var frees: UInt64 = 0
  /// Frees of a pfn that is in no range.
  public var unknownFrees: UInt64 = 0
  /// The most ranges visited or freed under one hold of the lock.
  public var longestHold: UInt64 = 0

  public init() {}
}

/// What one CPU's cache of one class counts, or the sum over all CPUs; guarded by its lock.
public struct CacheCounters: Sendable, Hashable {
  public var hits: UInt64 = 0
  public var misses: UInt64 = 0
  /// Ranges taken in.
  public var inserts: UInt64 = 0
  /// Ranges refused because memory was.
  public var refusals: UInt64 = 0
  /// Full magazines put into the depot, or returned to the tree by a bounded depot.
  public var spills: UInt64 = 0
  /// Magazines that a bounded depot had no place for.
  public var overflows: UInt64 = 0
  /// Magazines taken from the depot.
  public var refills: UInt64 = 0

  public init() {}

  /// Whether there has ever been a hit, a miss, an insert or a refusal.
  var isTouched: Bool { hits | misses | inserts | refusals != 0 }

  static func += (a: inout CacheCounters, b: CacheCounters) {
    a.hits &+= b.hits
    a.misses &+= b.misses
    a.inserts &+= b.inserts
    a.refusals &+= b.refusals
    a.spills &+= b.spills
    a.overflows &+= b.overflows
    a.refills &+= b.refills
  }
}

/// What a flush queue counts; exact when nobody runs, else an estimate.
public struct FlushCounters: Sendable, Hashable {
  /// Full invalidations, those of unmappings without a queue included.
  public var started: UInt64 = 0
  public var finished: UInt64 = 0
  public var forFullRings: UInt64 = 0
  public var byTimer: UInt64 = 0
  /// Of a domain without a queue: one for each unmapping.
  public var forUnmappings: UInt64 = 0
  /// Ranges put into rings, and taken out of them.
  public var queued: UInt64 = 0
  public var released: UInt64 = 0
  public var ringLockAcquisitions: UInt64 = 0
  /// Memory of all rings, in bytes.
  public var bytes = 0

  public init() {}
}

/// What a whole domain counts; exact when nobody runs, else an estimate.
public struct Counters: Sendable, Hashable {
  public var tree = TreeCounters()
  public var cache = CacheCounters()
  public var flush = FlushCounters()
  /// The same for each size class.
  public var cacheOfClass: [CacheCounters] = []
  public var treeLockAcquisitions: UInt64 = 0
  public var depotLockAcquisitions: UInt64 = 0
  public var cacheLockAcquisitions: UInt64 = 0
  /// Magazines that exist.
  public var magazinesLive = 0
  /// Magazines ever made.
  public var magazinesAllocated: UInt64 = 0
  /// Magazines in all depots, now and at the peak. The peak is the sum of the depots' peaks.
  public var depotLength = 0
  public var depotPeak = 0
  /// Magazines released by the trim workers.
  public var magazinesTrimmed: UInt64 = 0
  /// Failed fast allocations that gave the caches back.
  public var flushes: UInt64 = 0
  /// Ranges that magazines returned to the tree: in flushes, by trim workers, of bounded depots.
  public var rangesReturned: UInt64 = 0
  /// Mappings for which a 32-bit address was tried first.
  public var lowAttempts: UInt64 = 0
  /// Requests for memory that failed.
  public var memoryRefusals: UInt64 = 0

  public init() {}
}
