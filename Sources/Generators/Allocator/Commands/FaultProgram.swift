import IOVA

/// The shortest program that exposes a fault, from the catalogue, and the law that it breaks.
///
/// At its end a run frees what the program left, in the order of the allocations, so final frees
/// need not be written.
package struct FaultProgram {
  package let law: String
  package let program: Program
  /// The fewest switches that expose it; 0 if the program exposes it in order.
  package let switches: Int

  /// - Parameter fault: switched on in the program.
  package init(_ fault: Fault) {
    var settings = ProgramSettings()
    settings.faults = FaultSet([fault])
    if FaultProgram.interleaved.contains(fault) {
      (law, program, switches) = FaultProgram.interleaving(fault, settings)
      return
    }
    switches = 0
    let (law, actions) = FaultProgram.sequence(fault, &settings)
    let starved = [.r09, .p05].contains(fault) ? actions.count - 1 : nil
    // CPU 0 can't be unplugged, so the other one is; and it is CPU 0 that invalidates at the end.
    let cpu = CPU(fault == .unlockedWake || fault == .q04 ? 1 : 0)
    self.law = law
    program = Program(
      settings,
      actions.enumerated().map { Command($1, on: cpu, isStarved: $0 == starved) })
  }

  /// The shortest program that breaks a particular law, if a fault breaks several; else the
  /// shortest of all.
  package init(_ fault: Fault, breaking law: String) {
    let shortest = FaultProgram(fault)
    guard fault == .d05, law == "everyRangeHasOnePlace" else {
      self = shortest
      return
    }
    // The tree was made anew under a range that has an owner, and gives it to the next one.
    let (settings, commands) = (shortest.program.settings, shortest.program.commands)
    program = Program(settings, commands + [Command(FaultProgram.map(1), on: CPU(1))])
    (self.law, switches) = (law, shortest.switches)
  }

  /// What fault StaleTop does to a depot, where its cost, taking D twice a call, is ignored: one
  /// CPU looks at the top of two magazines; another takes both, and puts others there, the upper
  /// one in the memory of the one that was seen.
  package static var staleTop: Program {
    var settings = ProgramSettings()
    settings.faults = FaultSet([.staleTop])
    settings.cpus = 2
    settings.magazineCapacity = 1
    let commands = park(4, below: 15) + [fast(4, below: 15)] + park(4, below: 15, from: 5)
    var program = Program(
      settings, commands.enumerated().map { Command($1, on: CPU($0 == 8 ? 0 : 1)) })
    program.inOrder = 8
    return program
  }

  /// The faults that show on a single CPU.
  package static let sequential = Fault.allCases.filter { !interleaved.contains($0) }
  /// The others, which need a second CPU, or a worker during teardown.
  package static let interleaved: [Fault] = [
    .r16, .q01, .q02b, .q07, .q10, .d05, .p09, .p10, .migration,
  ]

  /// Programs in which one CPU does something while another one, or a worker, does something else.
  private static func interleaving(
    _ fault: Fault, _ start: ProgramSettings
  ) -> (law: String, program: Program, switches: Int) {
    var settings = start
    settings.cpus = 2
    settings.magazineCapacity = 1
    settings.depotBound = 1
    let take = Command(fast(0, below: 15), on: CPU(0))
    let deferral = Command(.deferFree(Handle(0)), on: CPU(0))
    if [.q01, .q02b, .q07].contains(fault) {
      settings.flushQueue = FlushOptions(.perCPU, slots: 2, timeout: 10)
    }
    switch fault {
    case .migration:
      let free = Command(.freeFast(Handle(0)), on: CPU(0))
      let program = Program(settings, [take, free, Command(.unplug, on: CPU(1))])
      return ("unpluggedCachesAreEmpty", program, 2)
    case .q10, .d05, .p09, .p10: return besideOthers(fault, settings)
    case .q02b, .q07:
      settings.defersFromStart = fault == .q07
      let change = fault == .q07 ? Command.Action.stopDeferring : .startDeferring
      var program = Program(settings, [take, deferral, Command(change, on: CPU(1))])
      program.inOrder = 1
      return fault == .q07
        ? ("nothingIsFreedEarly", program, 2) : ("nothingAbsentIsUsed", program, 1)
    default:
      settings.endsBusy = true
      let commands =
        fault == .q01 ? [take, deferral] : park(3, below: 15).map { Command($0, on: CPU(0)) }
      return ("nothingRunsAfterTeardown", Program(settings, commands), fault == .q01 ? 3 : 1)
    }
  }

  private static func sequence(
    _ fault: Fault, _ settings: inout ProgramSettings
  ) -> (law: String, actions: [Command.Action]) {
    switch fault {
    case .a01: ("nothingAbsentIsUsed", take([99, 99]))
    // The pieces move no cached node, and the whole was the topmost range.
    case .a02: ("searchFollowsTheRules", cutInThree)
    case .a03: boundaryOfTwo(&settings)
    case .a04: ("failureIsJustified", take([1, 15]))
    case .a19: ("allocationIsSound", take([63, 15]))
    case .a20: ("searchFollowsTheRules", take([16]))
    case .a21: ("allocationIsSound", take([15, 7]))
    case .a05: lowStart(&settings)
    case .a07:
      (
        "max32StepsAreLawful",
        [
          .allocate(Handle(0), pages: 15, limit: PFN(15), aligned: false),
          .allocate(Handle(1), pages: 2, limit: PFN(15), aligned: false),
          .allocate(Handle(2), pages: 8, limit: PFN(15), aligned: false),
        ]
      )
    case .a09:
      (
        "allocationIsSound",
        [.reserve(PFNRange(PFN(0), pages: 1))] + take([3, 3], pages: 2)
      )
    case .a10: ("failureIsJustified", take([1]))
    case .a12: ("searchFollowsTheRules", take([15, 15]))
    case .topRestart: ("searchFollowsTheRules", take([63, 1, 15]))
    case .a12b, .idleShortcut: ("searchFollowsTheRules", take([15], pages: 16))
    case .a15: ("anchorStaysOnTop", [.reserve(PFNRange(PFN(5), through: PFN(.max)))])
    case .a16: ("nothingAbsentIsUsed", [])
    case .a18:
      // After the magazines come the range and its left piece.
      ("memoryIsAccounted", halfSplit(&settings, refusing: 15))
    case .q02, .q03a, .d10, .lateTimer: queued(fault, &settings)
    case .q04, .q06, .d01, .d02, .d03, .d04, .d07, .d08, .d09, .d11, .d12, .p01, .p01b, .p01c, .p02,
      .p03,
      .p04, .p05,
      .p11,
      .p13, .p15, .p16, .p17, .tornGroup, .lostRest:
      mapped(fault, &settings)
    case .a13: ("callsKeepTheirBudget", take([99]))
    case .unlockedTake, .unlockedInsert, .unlockedFlush, .unlockedRefill, .unlockedStore,
      .unlockedDrain, .unlockedTrim, .unlockedWake, .unlockedAllocate, .unlockedFree,
      .unlockedGiveBack, .unlockedReserve, .unlockedSplit:
      ("guardsAreHeld", unlocked(fault, &settings))
    default: cacheSequence(fault, &settings)
    }
  }

  private static func halfSplit(
    _ settings: inout ProgramSettings, refusing number: Int
  ) -> [Command.Action] {
    settings.refusedRequest = number
    return cutInThree
  }

  private static var cutInThree: [Command.Action] {
    take([99], pages: 3) + [.split(Handle(0), offset: 1, pages: 1, above: Handle(1))]
  }

  private static func queued(
    _ fault: Fault, _ settings: inout ProgramSettings
  ) -> (law: String, actions: [Command.Action]) {
    if fault != .q02 { settings.flushQueue = FlushOptions(.perCPU, slots: 4, timeout: 10) }
    if fault == .q03a {
      let frees = (0..<2).map { Command.Action.deferFree(Handle($0)) }
      return ("nothingIsFreedEarly", fast(count: 2) + frees)
    }
    // Enough for the magazines.
    if fault == .d10 { settings.initialCredit = 12 }
    let law = fault == .lateTimer ? "waitsAreBounded" : "nothingAbsentIsUsed"
    return (law, [fast(0), .deferFree(Handle(0))])
  }

  /// Programs in which two CPUs map at the same time.
  private static func besideOthers(
    _ fault: Fault, _ start: ProgramSettings
  ) -> (law: String, program: Program, switches: Int) {
    var settings = start
    var dma = DMASettings()
    dma.devices[0] = DMADevice(mask: PFN(0xFFF), isPCI: false)
    dma.attachesLate = fault == .d05
    settings.dma = dma
    if fault == .d05 {
      let attach = Command.Action.attach(device: 0)
      let commands = [
        Command(attach, on: CPU(0)), Command(map(0), on: CPU(0)), Command(attach, on: CPU(1)),
      ]
      return ("memoryIsAccounted", Program(settings, commands), 2)
    }
    guard fault == .q10 else {
      let program = Program(
        settings, [Command(map(0), on: CPU(0)), Command(map(1), on: CPU(1))])
      return ("tablesAreWellFormed", program, 2)
    }
    // Too large for a cache, so that one CPU gets what the other one freed.
    var program = Program(
      settings,
      [
        Command(map(0, pages: 33), on: CPU(0)),
        Command(.access(Handle(0), page: 0), on: CPU(0)),
        Command(.unmap(Handle(0)), on: CPU(0)), Command(map(1, pages: 33), on: CPU(1)),
      ])
    program.inOrder = 2
    return ("nothingStaleIsReused", program, 1)
  }

  private static func mapped(
    _ fault: Fault, _ settings: inout ProgramSettings
  ) -> (law: String, actions: [Command.Action]) {
    var dma = DMASettings()
    if fault != .d01 { dma.devices[0].mask = PFN(0xFFF) }
    dma.devices[0].isPCI = fault != .d01 && fault != .d11
    dma.devices[0].forcesWideAddresses = fault == .d02
    dma.isCoherent = fault != .p11
    dma.isExtended = fault == .p17
    dma.hasDMAZone = fault == .p01c
    dma.isBuffered = fault == .q04
    dma.attachesLate = fault == .d08
    if [.d03, .d04, .d09, .d12].contains(fault) { dma.shadow = 1 }
    dma.devices[0].isISM = fault == .d09
    settings.dma = dma
    if [.d04, .d09, .d12].contains(fault) {
      settings.flushQueue = FlushOptions(.single, slots: 4, timeout: 10)
    }
    if fault == .q04 || fault == .d12 { settings.cpus = 2 }
    // Two magazines for each class and CPU, and the first level of the table, come before the ring.
    if fault == .d12 { settings.refusedRequest = 26 }
    if fault == .q04 || fault == .q06 {
      settings.flushQueue = FlushOptions(.perCPU, slots: 4, timeout: 10)
    }
    switch fault {
    case .q04: return ("walksAgreeWithTheModel", [map(0), .unmap(Handle(0))])
    case .d01, .d02: return ("limitsAreKept", [map(0)])
    case .d03: return ("walksAgreeWithTheModel", [map(0, pages: 2)])
    case .d04: return ("failureAfterFlushIsJustified", [map(0), .unmap(Handle(0)), map(1)])
    case .d08: return ("nothingAbsentIsUsed", [])
    case .d09:
      return (
        "sharingEndsWithUnmapping",
        [map(0), .unmap(Handle(0)), .access(Handle(0), page: 0)]
      )
    case .d12: return ("guestsHaveOneRing", [.startDeferring])
    case .d11: return ("limitsAreKept", [.allocateCoherent(Handle(0), pages: 1, device: 0)])
    case .p15:
      return ("nothingAbsentIsUsed", [map(0, pages: 256), .mapAgain(Handle(0), page: 0)])
    case .d07: return ("searchIsBounded", [map(0, permitting: [])])
    case .p01, .p01c: return ("tablesAreAccounted", [map(0)])
    case .p01b: return ("failureAfterFlushIsJustified", [map(0)])
    case .p02: return ("memoryIsAccounted", [map(0)])
    case .p03: return ("atomicContextNeverSleeps", [map(0)])
    case .p04: return ("tablesAreWellFormed", [map(0)])
    // The first one leaves an address in the cache, so that only the table is missing.
    case .p05: return ("nothingAbsentIsUsed", [map(0, permitting: []), map(1)])
    case .p16: return ("tablesAreWellFormed", [map(0, pages: 16)])
    case .tornGroup, .lostRest:
      let part = Command.Action.unmapPart(Handle(0), page: 0, pages: 1)
      return (
        fault == .lostRest ? "walksAgreeWithTheModel" : "tablesAreWellFormed",
        [map(0, pages: 16), part]
      )
    // What is mapped is unmapped at the end, and unmapping a whole MiB unlinks its table.
    case .p13, .q06: return ("tablesOutliveWalks", [map(0, pages: 256, shifted: true)])
    default: return ("walksAgreeWithTheModel", [map(0)])
    }
  }

  private static func map(
    _ handle: Int, pages: UInt64 = 1, permitting protection: Protection = .readWrite,
    shifted: Bool = false
  ) -> Command.Action {
    .map(Handle(handle), pages: pages, protection, device: 0, shifted: shifted)
  }

  /// Programs that reach the place where a lock is not taken.
  private static func unlocked(
    _ fault: Fault, _ settings: inout ProgramSettings
  ) -> [Command.Action] {
    settings.magazineCapacity = 1
    switch fault {
    case .unlockedFlush, .unlockedDrain, .unlockedGiveBack: return []
    case .unlockedTake, .unlockedInsert: return fast(count: 1)
    case .unlockedStore, .unlockedTrim: return fast(count: 3)
    case .unlockedRefill: return park(3) + (3..<6).map { fast($0) }
    case .unlockedWake:
      settings.cpus = 2
      return [.unplug]
    case .unlockedReserve: return [.reserve(PFNRange(PFN(5), pages: 1))]
    case .unlockedSplit:
      let cut = Command.Action.split(Handle(0), offset: 0, pages: 1, above: Handle(1))
      return take([99]) + [cut]
    default: return take([99])
    }
  }

  /// A range below the boundary and one above; freeing them ends the program.
  private static func boundaryOfTwo(
    _ settings: inout ProgramSettings
  ) -> (law: String, actions: [Command.Action]) {
    settings.boundary = 2
    return ("cachedNodesAreLinked", take([1, 2]))
  }

  private static func lowStart(
    _ settings: inout ProgramSettings
  ) -> (law: String, actions: [Command.Action]) {
    settings.start = PFN(8)
    settings.boundary = 32
    return ("allocationIsSound", take([15], pages: 16))
  }

  private static func cacheSequence(
    _ fault: Fault, _ settings: inout ProgramSettings
  ) -> (law: String, actions: [Command.Action]) {
    settings.magazineCapacity = fault == .r06 || fault == .r12 ? 3 : 1
    settings.depotBound = 1
    switch fault {
    case .r01: return ("nothingAbsentIsUsed", [])
    case .r03: return ("callsKeepTheirBudget", [fast(0, pages: 16, below: 15)])
    case .r04:
      return (
        "failureAfterFlushIsJustified",
        park(3, below: 3) + [fast(3, pages: 2, below: 3, flush: true)]
      )
    case .r06:
      return (
        "missMeansNothingFitted",
        [fast(0, below: 7), fast(1), .freeFast(Handle(0)), .freeFast(Handle(1)), fast(2, below: 7)]
      )
    case .staleTop: return ("callsKeepTheirBudget", [fast(0)])
    case .unseenSpare:
      return ("missMeansNothingFitted", park(2) + [fast(2), fast(3)])
    case .r15: return ("memoryIsAccounted", [])
    case .r07: return ("cachedRangesAreInTheTree", [fast(0, pages: 3)])
    case .r08:
      settings.initialCredit = 0
      return ("magazinesAreBounded", [])
    case .r09: return ("nothingIsLost", park(3))
    // Two magazines for three ranges each with the CPU, one in the depot, and one range too many.
    case .r12: return ("callsKeepTheirBudget", fast(count: 10))
    case .r17: return ("trimmingIsAlive", fast(count: 5))
    case .r02: return ("locksAreTakenInOrder", fast(count: 3))
    // The third free stores a magazine, which the end takes out.
    case .r18: return ("magazinesAreBounded", fast(count: 3))
    default: return ("trimmingIsAlive", fast(count: 3))
    }
  }

  /// Allocations from the tree, one below each limit.
  private static func take(
    _ limits: [UInt64], pages: UInt64 = 1, from first: Int = 0
  ) -> [Command.Action] {
    limits.enumerated().map {
      .allocate(Handle(first + $0), pages: pages, limit: PFN($1), aligned: false)
    }
  }

  private static func fast(
    _ handle: Int, pages: UInt64 = 1, below limit: UInt64 = 99, flush: Bool = false
  ) -> Command.Action {
    .allocateFast(Handle(handle), pages: pages, limit: PFN(limit), flush: flush)
  }

  /// Fast allocations, and their frees in the same order.
  private static func park(
    _ count: Int, below limit: UInt64 = 99, from first: Int = 0
  ) -> [Command.Action] {
    (0..<count).map { fast(first + $0, below: limit) }
      + (0..<count).map { .freeFast(Handle(first + $0)) }
  }

  private static func fast(count: Int, below limit: UInt64 = 99) -> [Command.Action] {
    (0..<count).map { fast($0, below: limit) }
  }
}
