import IOVA

/// The events that a law book observed on one CPU, to be compared with the domain's counters: the
/// low bits of each number.
struct EventTally {
  var visits: UInt32 = 0
  var allocations: UInt32 = 0
  var failures: UInt32 = 0
  var shortcuts: UInt32 = 0
  var frees: UInt32 = 0
  var unknownFrees: UInt32 = 0
  var hits: UInt32 = 0
  var misses: UInt32 = 0
  var inserts: UInt32 = 0
  var stores: UInt32 = 0
  var fetches: UInt32 = 0
  var trims: UInt32 = 0
  var queued: UInt32 = 0
  var released: UInt32 = 0
  var lowAttempts: UInt16 = 0
  var flushes: UInt16 = 0
  var returned: UInt32 = 0

  static func += (a: inout EventTally, b: EventTally) {
    a.visits &+= b.visits
    a.allocations &+= b.allocations
    a.failures &+= b.failures
    a.shortcuts &+= b.shortcuts
    a.frees &+= b.frees
    a.unknownFrees &+= b.unknownFrees
    a.hits &+= b.hits
    a.misses &+= b.misses
    a.inserts &+= b.inserts
    a.stores &+= b.stores
    a.fetches &+= b.fetches
    a.trims &+= b.trims
    a.queued &+= b.queued
    a.released &+= b.released
    a.lowAttempts &+= b.lowAttempts
    a.flushes &+= b.flushes
    a.returned &+= b.returned
  }
}

/// The events observed under T that `EventTally` does not have; guarded by T.
struct TreeTally {
  var secondPasses: UInt32 = 0
  /// The most ranges visited or returned under one hold.
  var longestHold: UInt64 = 0
  /// Ranges that caches returned under this hold.
  var returned: UInt64 = 0

  @inline(__always)
  mutating func searched(_ request: TreeRequest) {
    if request.tookSecondPass { secondPasses &+= 1 }
    longestHold = max(longestHold, request.visits)
  }

  @inline(__always)
  mutating func returnedOne() {
    returned &+= 1
    longestHold = max(longestHold, returned)
  }
}

/// I-COUNT, between calls.
extension LawBook {
  /// Compares the counters that reports and claims quote with the observed events. O(CPUs ×
  /// classes)
  func judgeCounters(_ domain: IOVADomain) {
    guard diligence != .atRest, !isBroken else { return }
    let counters = domain.counters
    let heard = meters.tally
    let pairs: [(name: String, counted: UInt64, heard: UInt32)] = [
      ("visits", counters.tree.nodesVisited, heard.visits),
      ("allocations", counters.tree.allocations, heard.allocations),
      ("failed searches", counters.tree.failures, heard.failures),
      ("refusals of the shortcut", counters.tree.shortcuts, heard.shortcuts),
      ("second passes", counters.tree.secondPasses, treeTally.secondPasses),
      (
        "ranges at most under one hold of T", counters.tree.longestHold,
        UInt32(truncatingIfNeeded: treeTally.longestHold)
      ),
      ("frees", counters.tree.frees, heard.frees),
      ("frees of nothing", counters.tree.unknownFrees, heard.unknownFrees),
      ("hits", counters.cache.hits, heard.hits),
      ("misses", counters.cache.misses, heard.misses),
      ("ranges cached", counters.cache.inserts, heard.inserts),
      (
        "magazines stored", counters.cache.spills &- counters.cache.overflows, heard.stores
      ),
      ("magazines fetched", counters.cache.refills, heard.fetches),
      ("magazines trimmed", counters.magazinesTrimmed, heard.trims),
      ("ranges queued", counters.flush.queued, heard.queued),
      ("ranges released", counters.flush.released, heard.released),
      ("32-bit attempts", counters.lowAttempts & 0xFFFF, UInt32(heard.lowAttempts)),
      (
        "allocations that gave the caches back", counters.flushes & 0xFFFF,
        UInt32(heard.flushes)
      ),
      ("ranges given back by caches", counters.rangesReturned, heard.returned),
    ]
    for (name, counted, heard) in pairs where UInt32(truncatingIfNeeded: counted) != heard {
      return broken(.countersAreRight, "the domain counts \(counted) \(name), not \(heard)")
    }
  }
}
