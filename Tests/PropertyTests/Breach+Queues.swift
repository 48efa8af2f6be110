import IOVA
import Invariants

/// The laws of flush queues, in both forms.
extension Breach {
  private static let queue = FlushOptions(.perCPU, slots: 4, timeout: 10)

  private static func queueing(
    _ count: Int = 2, cpus: Int = 1, faults: FaultSet = .none
  ) throws -> WatchedDomain {
    let watched = try WatchedDomain(cpus: cpus, faults: faults, queue: queue)
    let pfns = (0..<count).map { _ in watched.example.allocate() }
    for pfn in pfns { watched.example.deferFree(pfn) }
    return watched
  }

  static let ofQueues: [Breach] = [
    Breach(.ringsAreWellFormed, "a range that is said to be queued, and is not") {
      let watched = try queueing()
      let pfn = watched.example.allocate()!
      watched.pretend(.queued(PFN(pfn), pages: 1, ring: 0, stamp: 0))
      return watched.book.violation
    },
    Breach(.ringsAreWellFormed, "the second of two that leaves first") {
      let watched = try queueing()
      watched.pretend(.released(PFN(999), pages: 1, ring: 0))
      return watched.book.violation
    },
    Breach(.ringsAreWellFormed, "a stamp that falls") {
      let watched = try WatchedDomain(queue: queue)
      let pfns = (0..<2).map { _ in watched.example.allocate()! }
      for (pfn, stamp) in zip(pfns, [1, 0] as [UInt64]) {
        // The ring stays locked: when it is released, what it holds is compared.
        if stamp == 1 { watched.book.acquiring(.flushRing(CPU(0)), on: CPU(0)) }
        for window in [.epochRead, .stampTaken] as [Window] {
          watched.book.reached(window, on: CPU(0))
        }
        watched.book.observed(
          .queued(PFN(pfn), pages: 1, ring: 0, stamp: stamp), on: CPU(0))
      }
      return watched.book.violation
    },
    Breach(.nothingIsFreedEarly, "a stamp that equals what has finished, Q03a") {
      try queueing(faults: FaultSet([.q03a])).book.violation
    },
    Breach(.nothingIsFreedEarly, "a range that is freed by an invalidation begun before it") {
      let watched = try WatchedDomain(queue: queue)
      let pfn = watched.example.allocate()!
      watched.pretend(.invalidationStarted)
      watched.example.deferFree(pfn)
      watched.pretend(.invalidationFinished)
      watched.pretend(.released(PFN(pfn), pages: 1, ring: 0))
      return watched.book.violation
    },
    Breach(.nothingIsFreedEarly, "a strict unmapping that frees first") {
      let watched = try WatchedDomain()
      let pfn = watched.example.allocate()!
      watched.book.observed(.began(.deferFree(PFN(pfn), pages: 1)), on: CPU(0))
      watched.pretend(.cached(PFN(pfn), sizeClass: 0))
      return watched.book.violation
    },
    Breach(.timersAreAlive, "a timer that ran, and visited no ring") {
      let watched = try queueing()
      watched.pretend(.flushTimerBegan)
      watched.pretend(.flushTimerEnded)
      return watched.book.violation
    },
    Breach(.callsKeepTheirBudget, "two invalidations for one range") {
      let watched = try WatchedDomain(queue: queue)
      let call = DomainCall.deferFree(PFN(watched.example.allocate()!), pages: 1)
      watched.book.observed(.began(call), on: CPU(0))
      for _ in 0..<2 {
        watched.pretend(.invalidationStarted)
        watched.pretend(.invalidationFinished)
      }
      watched.book.observed(.ended(call, nil), on: CPU(0))
      return watched.book.violation
    },
    Breach(.nothingAbsentIsUsed, "a queue that does not exist, Q02") {
      let watched = try WatchedDomain(faults: FaultSet([.q02]))
      watched.example.deferFree(watched.example.allocate())
      return watched.book.violation
    },
    Breach(.everyRangeHasOnePlace, "a range queued while it is cached") {
      let watched = try WatchedDomain(queue: queue)
      watched.example.park(1)
      watched.pretend(.queued(PFN(1000), pages: 1, ring: 0, stamp: 0))
      return watched.book.violation
    },
    Breach(.guardsAreHeld, "a range queued without the lock of its ring") {
      let watched = try queueing()
      watched.book.observed(
        .queued(PFN(watched.example.allocate()!), pages: 1, ring: 0, stamp: 0), on: CPU(0))
      return watched.book.violation
    },
    Breach(.nothingRunsAfterTeardown, "a ring that is held while its domain ends") {
      let watched = try queueing(cpus: 2)
      watched.book.acquiring(.flushRing(CPU(1)), on: CPU(1))
      watched.book.observed(.closing, on: CPU(0))
      watched.book.releasing(.flushRing(CPU(1)), on: CPU(1))
      return watched.book.violation
    },
    Breach(.quietDomainIsEmpty, "a range that is still queued") {
      try queueing(1).violationWhenQuiet
    },
  ]

  static let rings: [Breach] = [
    domain(.ringsAreWellFormed, "an entry too few") { $0.flush!.rings[0].entries.removeLast() },
    domain(.ringsAreWellFormed, "as many entries as slots") { $0.flush!.rings[1].capacity = 2 },
    domain(.ringsAreWellFormed, "a tail behind the end") { $0.flush!.rings[0].tail = 4 },
    domain(.ringsAreWellFormed, "a stamp that falls") {
      let last = $0.flush!.rings[1].entries.count - 1
      $0.flush!.rings[1].entries[last].stamp = 0
    },
    domain(.ringsAreWellFormed, "a stamp of the future") {
      let last = $0.flush!.rings[1].entries.count - 1
      $0.flush!.rings[1].entries[last].stamp = 9
    },
    domain(.ringsAreWellFormed, "an invalidation that is never over") {
      $0.flush!.epoch.started += 1
    },
    domain(.guestsHaveOneRing, "two rings of a guest") { $0.flush!.isGuests = true },
    domain(.timersAreAlive, "a ring that no timer will visit") {
      $0.flush!.isTimerOn = false
      $0.flush!.isTimerArmed = false
    },
    domain(.timersAreAlive, "a flag that is on without a timer") {
      $0.flush!.isTimerArmed = false
    },
    domain(.everyRangeHasOnePlace, "a pfn in a magazine and in a ring") {
      $0.flush!.rings[0].entries[0].pfn = $0.caches[0].loaded![0]
    },
    domain(.everyRangeHasOnePlace, "a pfn in two rings") {
      $0.flush!.rings[0].entries[0].pfn = $0.flush!.rings[1].entries[0].pfn
    },
    domain(.cachedRangesAreInTheTree, "a queued pfn in no range") {
      $0.flush!.rings[0].entries[0].pfn = PFN(3)
    },
  ]
}
