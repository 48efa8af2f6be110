import IOVA
import Invariants

/// What callers are told, what domains count, and how long things wait.
extension Breach {
  static let ofAnswers: [Breach] = answers + deviceAnswers + costs

  /// 15, 14, 13 and 100 are taken, and a caller is told something.
  private static func told(
    _ way: String, _ reply: DomainReply, isShort: Bool = false,
    queue: FlushOptions? = nil
  ) -> Breach {
    Breach(.answersAreRight, way) {
      let watched = try WatchedDomain(queue: queue)
      for limit in [15, 15, 15, 100] as [UInt64] { watched.take(1, limit) }
      watched.book.judge(reply, isShort: isShort, on: CPU(0))
      return watched.book.violation
    }
  }

  private static let answers: [Breach] = [
    told("nothing is found of a caller's", .found(PFN(14), nil)),
    told("another range is found", .found(PFN(14), PFNRange(PFN(15), pages: 1))),
    told("what is free is found", .found(PFN(9), PFNRange(PFN(9), pages: 1))),
    told("a reservation that was not made", .reserved(PFNRange(PFN(3), pages: 1), true)),
    told("a reservation that fails", .reserved(PFNRange(PFN(3), pages: 1), false)),
    told(
      "a reservation beyond the address space",
      .reserved(PFNRange(PFN(3), through: PFN(.max)), true)),
    told("a copy that fails", .copied(PFNRange(PFN(3), pages: 1), false)),
    told("a part that is still there", .split(PFNRange(PFN(14), pages: 1), true)),
    told("a part that could be cut out", .split(PFNRange(PFN(14), pages: 1), false)),
    told(
      "a range that could be freed without memory", .split(PFNRange(PFN(14), pages: 1), false),
      isShort: true),
    told("deferring without a queue", .startedDeferring(true)),
    told("a queue that is not used", .startedDeferring(false), queue: .perCPU),
    told("deferring that does not stop", .stoppedDeferring, queue: .perCPU),
    Breach(.answersAreRight, "a lookup that misses a caller's range") {
      let watched = try WatchedDomain()
      let pfn = PFN(watched.example.allocate()!)
      watched.pretend(.found(pfn, nil))
      return watched.book.violation
    },
    Breach(.answersAreRight, "a lookup that finds another range") {
      let watched = try WatchedDomain()
      let (low, high) = (watched.example.allocate()!, watched.example.allocate()!)
      watched.pretend(.found(PFN(low), PFNRange(PFN(high), pages: 1)))
      return watched.book.violation
    },
    Breach(.answersAreRight, "a free of nothing that says that it freed something") {
      let watched = try WatchedDomain()
      watched.book.observed(.began(.free(PFN(9))), on: CPU(0))
      watched.book.observed(.ended(.free(PFN(9)), PFN(9)), on: CPU(0))
      return watched.book.violation
    },
    Breach(.answersAreRight, "a domain that can't be made for no reason") {
      let watched = try WatchedDomain()
      watched.book.judgeUnmade(.init(), isShort: false)
      return watched.book.violation
    },
    Breach(.memoryIsAccounted, "a domain that can't be made leaves its anchor") {
      let watched = try WatchedDomain()
      watched.book.judgeUnmade(.init(rangeObjects: 1), isShort: true)
      return watched.book.violation
    },
    Breach(.tablesAreAccounted, "a domain that can't be made leaves its page table") {
      let watched = try WatchedDomain()
      watched.book.judgeUnmade(.init(tablePages: 1), isShort: true)
      return watched.book.violation
    },
    Breach(.answersAreRight, "memory that is refused to a CPU that has some") {
      let watched = try WatchedDomain(cpus: 2)
      watched.book.judge(.starved(true), isShort: false, on: CPU(1))
      watched.pretend(.memoryRefused)
      return watched.book.violation
    },
    Breach(.answersAreRight, "memory that is granted to a CPU that has none") {
      let watched = try WatchedDomain()
      watched.book.judge(.starved(true), isShort: false, on: CPU(0))
      watched.take(1, 15)
      watched.book.judge(.starved(false), isShort: false, on: CPU(0))
      return watched.book.violation
    },
    Breach(.answersAreRight, "a request for memory that is refused within its credit") {
      let watched = try WatchedDomain()
      watched.book.judgeMaking(credit: 99, refused: 1)
      return watched.book.violation
    },
    Breach(.answersAreRight, "requests for memory that are granted beyond all credit") {
      let watched = try WatchedDomain()
      watched.book.judgeMaking(credit: 1, refused: 0)
      return watched.book.violation
    },
    Breach(.callsKeepTheirBudget, "a split that needs no memory and asks for some") {
      let watched = try WatchedDomain()
      let range = PFNRange(PFN(watched.take(2, 15)!), pages: 2)
      watched.book.acquiring(.rangeTree, on: CPU(0))
      watched.book.reached(.memoryAsked, on: CPU(0))
      watched.book.observed(.split(range, removing: range), on: CPU(0))
      return watched.book.violation
    },
    Breach(.reservationsStand, "a reservation with a gap") {
      let watched = try WatchedDomain()
      watched.reserve(3, 4)
      watched.pretend(.reserved(PFNRange(PFN(3), pages: 3), true))
      return watched.book.violation
    },
  ]

  /// 16 pages are mapped as a block of 64 KiB, and a caller is told something.
  private static func mapped(
    _ law: Law, _ way: String, revision: Revision = .current,
    _ body: @escaping @Sendable (WatchedDomain, PFN) -> Void
  ) -> Breach {
    Breach(law, way) {
      var dma = DMAConfiguration()
      dma.table.inputBits = 24
      dma.devices = [DMADevice(mask: PFN(0x7F), isPCI: false)]
      let watched = try WatchedDomain(revision, dma: dma)
      let block = watched.example.domain.map(
        16, to: PhysicalAddress(0x8000_0000), .readWrite, device: 0, on: CPU(0))
      body(watched, block!)
      return watched.book.violation
    }
  }

  private static let deviceAnswers: [Breach] = [
    mapped(.answersAreRight, "a mapping elsewhere") { watched, _ in
      watched.book.judge(.mapped(pages: 1, PFN(3)), isShort: false, on: CPU(0))
    },
    mapped(.answersAreRight, "a part that is said to be unmapped") { watched, block in
      watched.book.judge(
        .unmappedPart(PFNRange(block, pages: 1), pages: 1), isShort: false, on: CPU(0))
    },
    mapped(.walksAgreeWithTheModel, "a second mapping that is said to succeed") { watched, block in
      watched.book.judge(.mappedAgain(block, nil), isShort: false, on: CPU(0))
    },
    mapped(.walksAgreeWithTheModel, "a second mapping that is refused for no reason") {
      watched, block in
      watched.book.judge(.mappedAgain(block, .range), isShort: false, on: CPU(0))
    },
    mapped(.devicesReachTheirPages, "an access that is said to fault") { watched, block in
      watched.book.judge(.accessed(block, nil), isShort: false, on: CPU(0))
    },
    mapped(.partsGoAsTheReleaseDoes, "a part of a block that goes") { watched, block in
      let part = PFNRange(block, pages: 1)
      watched.pretend(.dma(.clearingPart(part)))
      watched.pretend(.dma(.clearedPart(part, pages: 1)))
    },
    mapped(.partsGoAsTheReleaseDoes, "a whole block that stays") { watched, block in
      let part = PFNRange(block, pages: 16)
      watched.pretend(.dma(.clearingPart(part)))
      watched.pretend(.dma(.clearedPart(part, pages: 0)))
    },
    mapped(.partsGoAsTheReleaseDoes, "a block that is not split", revision: .linux6_12) {
      watched, block in
      let part = PFNRange(block, pages: 1)
      watched.pretend(.dma(.clearingPart(part)))
      watched.pretend(.dma(.clearedPart(part, pages: 0)))
    },
  ]

  private static let costs: [Breach] = [
    Breach(.stepsAreAnnounced, "memory that nobody was asked for") {
      let watched = try WatchedDomain()
      watched.pretend(
        .allocationFailed(
          TreeRequest(pages: 1, limit: 1, aligned: false, visits: 1, byShortcut: false)),
        isAnnounced: false)
      return watched.book.violation
    },
    Breach(.nothingStaleIsReused, "a page that is mapped twice") {
      let watched = try WatchedDomain(dma: DMAConfiguration())
      for _ in 0..<2 {
        watched.pretend(
          .dma(.mapping(PFNRange(PFN(3), pages: 1), to: PhysicalAddress(0), .readWrite)))
      }
      return watched.book.violation
    },
    Breach(.searchFollowsTheRules, "a visit too many") {
      let watched = try WatchedDomain()
      watched.pretend(
        .allocationFailed(
          TreeRequest(pages: 1, limit: 1, aligned: false, visits: 2, byShortcut: false)))
      return watched.book.violation
    },
    Breach(.searchFollowsTheRules, "a walk where the shortcut refuses") {
      let watched = try WatchedDomain()
      watched.pretend(
        .allocationFailed(
          TreeRequest(pages: 16, limit: 16, aligned: false, visits: 1, byShortcut: false)))
      return watched.book.violation
    },
    Breach(.searchFollowsTheRules, "a shortcut that forgets") {
      let watched = try WatchedDomain()
      watched.take(15, 15)
      watched.example.domain.tamper { $0.max32Unaligned = 3 }
      watched.take(4, 15)
      return watched.book.violation
    },
    Breach(.missMeansNothingFitted, "entries in the other magazine") {
      let watched = try WatchedDomain()
      watched.pretend(.missed(sizeClass: 0, limit: 9, lowest: nil, spare: 1))
      return watched.book.violation
    },
    Breach(.missMeansNothingFitted, "magazines in the depot") {
      let watched = try WatchedDomain()
      watched.example.park(7)
      watched.pretend(.missed(sizeClass: 0, limit: 9, lowest: nil, spare: 0))
      return watched.book.violation
    },
    Breach(.waitsAreBounded, "a range that is queued for too long") {
      let watched = try WatchedDomain(queue: FlushOptions(.perCPU, slots: 4, timeout: 10))
      watched.example.deferFree(watched.example.allocate())
      watched.example.domain.machine.pass(11)
      watched.book.judgeAtRest()
      return watched.book.violation
    },
    Breach(.waitsAreBounded, "a worker that comes late") {
      let watched = try WatchedDomain()
      watched.example.park(7)
      watched.example.domain.machine.pass(101)
      watched.pretend(.trimmed(sizeClass: 0, released: false, rearmed: false))
      return watched.book.violation
    },
    Breach(.countersAreRight, "a free that is not counted") {
      let watched = try WatchedDomain()
      watched.give(watched.take(1, 15)!)
      watched.example.domain.tamper { $0.counters.frees = 0 }
      return watched.violationAtRest
    },
    Breach(.countersAreRight, "a visit that is not counted") {
      let watched = try WatchedDomain()
      watched.take(1, 15)
      watched.example.domain.tamper { $0.counters.nodesVisited = 0 }
      return watched.violationAtRest
    },
    Breach(.countersAreRight, "a hold of T that was longer than any") {
      let watched = try WatchedDomain()
      watched.take(1, 15)
      watched.example.domain.tamper { $0.counters.longestHold = 9 }
      return watched.violationAtRest
    },
    Breach(.searchFollowsTheRules, "a second pass that the rules do not have") {
      let watched = try WatchedDomain()
      watched.pretend(
        .allocationFailed(
          TreeRequest(
            pages: 1, limit: 1, aligned: false, visits: 1, byShortcut: false, tookSecondPass: true))
      )
      return watched.book.violation
    },
    Breach(.resetsAreComplete, "a mode that is left") {
      let watched = try WatchedDomain(queue: FlushOptions(.perCPU, slots: 4, timeout: 10))
      watched.example.domain.stopDeferring(on: CPU(0))
      watched.book.judgeReset(watched.example.domain)
      return watched.book.violation
    },
    Breach(.resetsAreComplete, "a mask that is left") {
      var dma = DMAConfiguration()
      dma.table.inputBits = 24
      let watched = try WatchedDomain(dma: dma)
      watched.example.domain.setMask(PFN(3), of: 0, on: CPU(0))
      watched.book.judgeReset(watched.example.domain)
      return watched.book.violation
    },
    Breach(.resetsAreComplete, "a range that is left") {
      let watched = try WatchedDomain()
      watched.take(1, 15)
      watched.example.domain.tamper { $0.counters = TreeCounters() }
      watched.book.judgeReset(watched.example.domain)
      return watched.book.violation
    },
  ]
}
