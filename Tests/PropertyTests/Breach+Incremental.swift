import IOVA
import Invariants

/// The incremental forms: a watched domain with a fault, with a change behind its back, or with an
/// event that the book is told of and that did not happen.
extension Breach {
  static let incremental: [Breach] =
    ofShape + ofSearch + ofCaches + ofCalls + ofLocks + ofQueues + ofDevices + ofAnswers + ofRest
    + ofRecordedHistories

  /// 15, 14, 13 and 100 are taken.
  private static func crowded() throws -> WatchedDomain {
    let watched = try WatchedDomain()
    for limit in [15, 15, 15, 100] as [UInt64] { watched.take(1, limit) }
    return watched
  }

  private static func request(
    _ pages: UInt64 = 1, visits: UInt64 = 1
  ) -> TreeRequest {
    TreeRequest(pages: pages, limit: 16, aligned: false, visits: visits, byShortcut: false)
  }

  private static let ofShape: [Breach] = [
    Breach(.rangesAreOrdered, "a range that is said to be inserted, and is not") {
      let watched = try crowded()
      watched.pretend(.allocated(PFNRange(PFN(5), pages: 1), request()))
      return watched.book.violation
    },
    Breach(.rangesAreOrdered, "a child whose parent does not know it") {
      let watched = try crowded()
      watched.example.domain.tamper { $0.tree.first?.parent = $0.tree.last }
      watched.inspect(13)
      return watched.book.violation
    },
    Breach(.rangesAreOrdered, "neighbours that do not name each other") {
      let watched = try crowded()
      watched.example.domain.tamper { $0.tree.first?.next = nil }
      watched.inspect(14)
      return watched.book.violation
    },
    Breach(.treeIsRedBlack, "a red root") {
      let watched = try crowded()
      watched.example.domain.tamper { $0.tree.root?.isRed = true }
      watched.inspect(14)
      return watched.book.violation
    },
    Breach(.treeIsRedBlack, "a red child of a red node") {
      let watched = try crowded()
      watched.example.domain.tamper {
        $0.tree.first?.isRed = true
        $0.tree.first?.parent?.isRed = true
      }
      watched.inspect(13)
      return watched.book.violation
    },
    Breach(.rangesAreDisjoint, "a range that reaches into the next") {
      let watched = try crowded()
      watched.example.domain.tamper { $0.tree.first?.hi = 14 }
      watched.inspect(13)
      return watched.book.violation
    },
    Breach(.anchorStaysOnTop, "a reservation up to the anchor, A15") {
      let watched = try WatchedDomain(faults: FaultSet([.a15]))
      watched.reserve(5, .max)
      return watched.book.violation
    },
  ]

  private static let ofSearch: [Breach] = [
    Breach(.cachedNodesAreLinked, "cached32 on a high range that is freed, A03") {
      let watched = try WatchedDomain(faults: FaultSet([.a03]))
      let high = watched.take(1, 100)!
      watched.give(watched.take(1, 15)!)
      watched.give(high)
      return watched.book.violation
    },
    Breach(.cachedNodesArePlaced, "cached on a low range") {
      let watched = try crowded()
      watched.example.domain.tamper { $0.cached = $0.tree.first }
      watched.take(1, 15)
      return watched.book.violation
    },
    Breach(.cachedNodesArePlaced, "cached32 further down after a delete") {
      let watched = try WatchedDomain()
      watched.reserve(3, 3)
      for limit in [15, 100] as [UInt64] { watched.take(1, limit) }
      watched.example.domain.tamper { $0.cached32 = $0.tree.first }
      watched.give(100)
      return watched.book.violation
    },
    Breach(.max32IsSound, "a failure below a low limit, in 6.12") {
      let watched = try WatchedDomain(.linux6_12)
      watched.take(4, 2, aligned: true)
      watched.take(16, 15, aligned: true)
      return watched.book.violation
    },
    Breach(.max32StepsAreLawful, "a request that raises max32, A07") {
      let watched = try WatchedDomain(faults: FaultSet([.a07]))
      watched.take(15, 15)
      watched.take(2, 15)
      watched.take(8, 15)
      return watched.book.violation
    },
    Breach(.failureIsJustified, "a gap above the cached node, A04") {
      let watched = try WatchedDomain(faults: FaultSet([.a04]))
      watched.take(1, 1)
      watched.take(1, 15)
      return watched.book.violation
    },
    Breach(.searchFollowsTheRules, "cached32 elsewhere") {
      let watched = try crowded()
      watched.example.domain.tamper { $0.cached32 = $0.anchor }
      watched.give(100)
      return watched.book.violation
    },
    Breach(.searchIsBounded, "a hundred visits among four ranges") {
      let watched = try crowded()
      watched.pretend(.allocationFailed(request(visits: 100)))
      return watched.book.violation
    },
    Breach(.nothingAbsentIsUsed, "a nil cached node, A01") {
      let watched = try WatchedDomain(faults: FaultSet([.a01]))
      let ranges = [watched.take(1, 100)!, watched.take(1, 100)!]
      for range in ranges { watched.give(range) }
      return watched.book.violation
    },
  ]

  private static let ofCaches: [Breach] = [
    Breach(.magazinesAreBounded, "magazines that could not be had, R08") {
      let watched = try WatchedDomain(faults: FaultSet([.r08]), credit: 0)
      _ = watched.example.allocate()
      return watched.book.violation
    },
    Breach(.magazinesAreBounded, "a magazine that leaves a depot with its link for a count, R18") {
      let watched = try WatchedDomain(faults: FaultSet([.r18]))
      watched.example.park(7)
      watched.example.domain.flushDepots(on: CPU(0))
      return watched.book.violation
    },
    Breach(.everyRangeHasOnePlace, "a range cached twice") {
      let watched = try WatchedDomain()
      watched.example.park(1)
      watched.pretend(.cached(PFN(1000), sizeClass: 0))
      return watched.book.violation
    },
    Breach(.everyRangeHasOnePlace, "a range out of a magazine that it was not put in") {
      let watched = try WatchedDomain()
      watched.example.park(1)
      watched.pretend(.taken(PFN(1000), sizeClass: 1, limit: 1000))
      return watched.book.violation
    },
    Breach(.everyRangeHasOnePlace, "a range freed by a cache that does not have it") {
      let watched = try crowded()
      watched.pretend(.removed(PFNRange(PFN(15), pages: 1), .cache))
      return watched.book.violation
    },
    Breach(.cachedRangesAreInTheTree, "three pages in the class of four, R07") {
      let watched = try WatchedDomain(faults: FaultSet([.r07]))
      watched.example.free(watched.example.allocate(3), 3)
      return watched.book.violation
    },
    Breach(.cachedRangesAreInTheTree, "a cached pfn in no range") {
      let watched = try crowded()
      watched.pretend(.removed(PFNRange(PFN(5), pages: 0), .cache))
      return watched.book.violation
    },
    Breach(.missMeansNothingFitted, "a low range below a high one, R06") {
      let watched = try WatchedDomain(faults: FaultSet([.r06]))
      let ranges = [watched.example.allocate(below: 10), watched.example.allocate(below: 1000)]
      for range in ranges { watched.example.free(range) }
      _ = watched.example.allocate(below: 10)
      return watched.book.violation
    },
    Breach(.trimmingIsAlive, "a worker that trims at its threshold, R17b") {
      let watched = try WatchedDomain(faults: FaultSet([.r17b]))
      watched.example.park(7)
      watched.example.advance(100)
      return watched.book.violation
    },
  ]

  private static let ofCalls: [Breach] = [
    Breach(.allocationIsSound, "a range below start, A05") {
      let watched = try WatchedDomain(faults: FaultSet([.a05]), start: 8)
      watched.take(15, 15)
      return watched.book.violation
    },
    Breach(.allocationIsSound, "a range that another caller owns") {
      let watched = try crowded()
      let call = DomainCall.allocate(pages: 1, limit: AddressLimit(PFN(15)), aligned: false)
      watched.pretend(.ended(call, PFN(15)))
      return watched.book.violation
    },
    Breach(.allocationIsSound, "a range freed twice") {
      let watched = try WatchedDomain()
      watched.example.park(1)
      watched.example.free(1000)
      return watched.book.violation
    },
    Breach(.failureAfterFlushIsJustified, "a depot left out of the flush, R04") {
      let watched = try WatchedDomain(faults: FaultSet([.r04]))
      for _ in 0..<8 { _ = watched.example.allocate(below: 15) }
      watched.example.park(7, below: 15)
      _ = watched.example.allocate(2, below: 15, flush: true)
      _ = watched.example.allocate(2, below: 15, flush: true)
      return watched.book.violation
    },
    Breach(.reservationsStand, "a reserved pfn given to a caller") {
      let watched = try WatchedDomain(isSequential: false)
      watched.reserve(3, 4)
      let call = DomainCall.allocate(pages: 1, limit: AddressLimit(PFN(15)), aligned: false)
      watched.pretend(.ended(call, PFN(3)))
      return watched.book.violation
    },
    Breach(.callsKeepTheirBudget, "a flush that nobody asked for, R03") {
      let watched = try WatchedDomain(faults: FaultSet([.r03]))
      _ = watched.example.allocate(16, below: 15)
      return watched.book.violation
    },
  ]

  private static let ofRest: [Breach] = [
    Breach(.nothingIsLost, "a range that the cache dropped, R09") {
      let watched = try WatchedDomain(faults: FaultSet([.r09]))
      let ranges = (0..<7).map { _ in watched.example.allocate() }
      for range in ranges.prefix(6) { watched.example.free(range) }
      watched.example.machine.memory.starve(CPU(0))
      watched.book.judge(.starved(true), isShort: false, on: CPU(0))
      watched.example.free(ranges[6])
      return watched.violationAtRest
    },
    Breach(.nothingIsLost, "a range in the tree that nobody took") {
      let watched = try crowded()
      watched.example.domain.tamper { _ = $0.reserve(3, 4, highest: 1000) }
      return watched.violationAtRest
    },
    Breach(.quietDomainIsEmpty, "a range that is still taken") { try crowded().violationWhenQuiet },
    Breach(.quietDomainIsEmpty, "a range that is still cached") {
      let watched = try WatchedDomain()
      watched.example.park(1)
      return watched.violationWhenQuiet
    },
    Breach(.trimmingIsAlive, "a worker that re-arms only in vain, R17") {
      let watched = try WatchedDomain(faults: FaultSet([.r17]))
      watched.example.park(13)
      watched.example.advance(100)
      return watched.violationAtRest
    },
    Breach(.unpluggedCachesAreEmpty, "a free on a CPU that is gone") {
      let watched = try WatchedDomain(cpus: 2)
      let range = watched.example.allocate(on: 1)
      watched.example.machine.unplug(CPU(1), on: CPU(0))
      watched.example.free(range, on: 1)
      return watched.violationAtRest
    },
    Breach(.memoryIsAccounted, "a magazine left after teardown") {
      let watched = try WatchedDomain()
      var remains = watched.example.teardown()
      remains.magazines = 1
      watched.book.judgeRemains(remains)
      return watched.book.violation
    },
    Breach(.memoryIsAccounted, "a ring left after teardown") {
      let watched = try WatchedDomain()
      var remains = watched.example.teardown()
      remains.ringBytes = 160
      watched.book.judgeRemains(remains)
      return watched.book.violation
    },
  ]
}
