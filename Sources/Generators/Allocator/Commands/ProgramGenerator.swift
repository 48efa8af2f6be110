import IOVA

/// Draws programs that are legal for their release from a choice source.
///
/// Legal means: reservations come first; only the owner frees, and in the way it allocated; before
/// 5.17 the caller rounds up sizes on the fast path; nothing runs on an unplugged CPU.
public struct ProgramGenerator: Sendable {
  /// What the next command may be, simplest first.
  enum Kind: Sendable {
    case allocate, free, allocateFast, freeFast, split, advance, flushCaches, flushDepots, unplug
    case freeShared, deferFree, startDeferring, stopDeferring, map, unmap, access, mapAgain, attach
    case setMask, find, unmapPart
  }

  public var revision: Revision
  public var faults: FaultSet
  public var workload: Workload
  /// The number of CPUs of every program; nil to draw it.
  public var cpus: Int?
  /// The average number of commands; nil to draw it from the workload's lengths.
  public var length: UInt64?

  public init(
    _ workload: Workload = .everything, revision: Revision = .current, faults: FaultSet = .none,
    cpus: Int? = nil, length: UInt64? = nil
  ) {
    self.workload = workload
    self.revision = revision
    self.faults = faults
    self.cpus = cpus
    self.length = length
  }

  /// The most CPUs of a program whose number of CPUs is drawn.
  public static let mostCPUs = 4
  /// The requests for memory when a domain is made, for each CPU: two magazines of each class.
  private static let magazinesPerCPU = 2 * IOVADomain.sizeClassCount

  public func draw(from source: inout ChoiceSource) -> Program {
    source.openSpan("settings")
    var settings = drawSettings(&source)
    let menu = drawMenu(&settings, &source)
    var draft = ProgramDraft(settings: settings, menu: menu)
    let average =
      length ?? workload.lengths[Int(source.choose(below: UInt64(workload.lengths.count)))]
    source.closeSpan()
    drawReservations(&draft, &source)
    if draft.menu.sharesFrees { draft.drawShared(&source) }
    let first = draft.commands.count
    while draft.commands.count < Program.maxCommands {
      source.openSpan("command")
      // Stopping is rare, and choice 0: a deleted command takes its "go on" with it.
      guard source.choose(below: average) > 0 else {
        source.closeSpan()
        break
      }
      draft.drawCommand(&source)
      source.closeSpan()
    }
    var program = Program(settings, draft.commands, handleCount: draft.handleCount)
    program.inOrder = max(draft.inOrder, draft.menu.inOrder > 0 ? first + draft.menu.inOrder : 0)
    return program
  }

  // MARK: Settings

  private func drawSettings(_ source: inout ChoiceSource) -> ProgramSettings {
    var settings = ProgramSettings()
    settings.revision = revision
    settings.faults = faults
    settings.cpus = cpus ?? source.choose(1...Self.mostCPUs)
    switch workload.scale {
    case .small:
      // Releases differ in what fills a power of two: M entries and a count, or M entries only.
      let isOdd = revision.cache.magazineCapacity % 2 == 1
      let exponent = source.choose(1...3)
      settings.magazineCapacity = (1 << exponent) - (isOdd ? 1 : 0)
      settings.start = PFN([1, 2, 3, 5, 8][source.choose(0...4)])
      settings.boundary = [16, 8, 4, 32, 64][source.choose(0...4)]
      settings.depotBound = source.choose(1...3)
    case .full:
      settings.start = PFN([1, 16, 0x100][source.choose(0...2)])
      settings.boundary = [1 << 20, 1 << 12, 1 << 16][source.choose(0...2)]
    }
    if workload.usesFailingMemory, source.chance(1, in: 32) {
      settings.initialCredit = source.choose(0...(Self.magazinesPerCPU * settings.cpus))
    } else if workload.usesFailingMemory, source.chance(1, in: 32) {
      // A single one, while the domain is made or in the middle of a call.
      settings.refusedRequest = 1 + source.choose(0...(16 * settings.cpus + 32))
    }
    if workload.usesCache { settings.endsBusy = source.chance(1, in: 8) }
    if workload.usesFlushQueue { drawFlushQueue(&settings, &source) }
    if drawsDMA(&source) { drawDMA(&settings, &source) }
    return settings
  }

  /// Draws no flush queue, one for each CPU, or one for all.
  private func drawFlushQueue(_ settings: inout ProgramSettings, _ source: inout ChoiceSource) {
    let modes = FlushOptions.Mode.allCases
    let pick = source.choose(upTo: UInt64(modes.count))
    guard pick > 0 else { return }
    let mode = modes[Int(pick) - 1]
    switch workload.scale {
    case .small:
      settings.flushQueue = FlushOptions(mode, slots: [4, 2, 8][source.choose(0...2)], timeout: 10)
    case .full: settings.flushQueue = mode == .perCPU ? .perCPU : .single
    }
    settings.defersFromStart = !source.chance(1, in: 8)
    // Up to the last ring, whose memory is requested after that of all magazines.
    if settings.initialCredit != nil, source.chance(1, in: 2) {
      settings.initialCredit = (Self.magazinesPerCPU + source.choose(0...1)) * settings.cpus
    }
  }

  private func drawMenu(
    _ settings: inout ProgramSettings, _ source: inout ChoiceSource
  ) -> ProgramMenu {
    var menu = ProgramMenu(revision: revision)
    // Drawn whatever the number of CPUs, so that what follows does not change if there are fewer.
    if workload.usesTree, source.chance(1, in: 16), settings.cpus > 1 {
      menu.sharesFrees = true
      menu.add(.freeShared)
      drawLimits(settings, &menu, &source)
      drawSizes(settings, &menu, &source)
      return menu
    }
    if settings.dma != nil, drawMappings(&settings, &menu, &source) { return menu }
    if workload.usesCache, source.chance(1, in: 8) {
      drawBursts(settings, &menu, &source)
      return menu
    }
    menu.repeatsCalls = source.chance(1, in: 4)
    if source.chance(1, in: menu.repeatsCalls ? 2 : 8) { menu.inOrder = source.choose(1...32) }
    let mode = workload.usesTree && workload.usesCache ? source.choose(below: 3) : 0
    if workload.usesTree, mode != 2 { menu.add(.allocate, .free) }
    if workload.usesCache, mode != 1 || !workload.usesTree { menu.add(.allocateFast, .freeFast) }
    if mode != 1, workload.usesCache {
      if source.chance(1, in: 2) { menu.add(.advance) }
      if source.chance(1, in: 4) { menu.add(.flushCaches, .flushDepots) }
      if workload.usesHotplug, source.chance(1, in: 4), settings.cpus > 1 { menu.add(.unplug) }
      if workload.usesFlushQueue { drawDeferral(settings, &menu, &source) }
    }
    if workload.usesTree, mode != 2, workload.usesSplits, source.chance(1, in: 4) {
      menu.add(.split)
      // A split makes two requests, and what is half done has to be undone.
      if workload.usesFailingMemory, source.chance(1, in: 8) {
        settings.refusedRequest = Self.magazinesPerCPU * settings.cpus + source.choose(1...32)
      }
    }
    if workload.usesTree, source.chance(1, in: 8) { menu.add(.find) }
    menu.starves = workload.usesFailingMemory && source.chance(1, in: 4)
    drawLimits(settings, &menu, &source)
    drawSizes(settings, &menu, &source)
    return menu
  }

  /// One CPU fills and empties magazines, with as many calls in a row as fill up to four of them,
  /// and others call now and then.
  private func drawBursts(
    _ settings: ProgramSettings, _ menu: inout ProgramMenu, _ source: inout ChoiceSource
  ) {
    menu.add(.allocateFast, .freeFast)
    let capacity = settings.configuration.revision.cache.magazineCapacity
    menu.burst = 1 + source.choose(0...4 * capacity + 1)
    if source.chance(3, in: 4) { menu.inOrder = menu.burst * source.choose(1...4) }
    drawLimits(settings, &menu, &source)
    drawSizes(settings, &menu, &source)
    menu.limits.removeLast(menu.limits.count - 1)
    menu.sizes.removeLast(menu.sizes.count - 1)
  }

  /// Defers some frees or all of them; seldom without a queue.
  private func drawDeferral(
    _ settings: ProgramSettings, _ menu: inout ProgramMenu, _ source: inout ChoiceSource
  ) {
    let hasQueue = settings.flushQueue != nil
    switch hasQueue ? 5 + source.choose(below: 3) : source.choose(below: 8) {
    case 6: menu.add(.deferFree)
    case 7:
      menu.kinds.removeAll { $0 == .freeFast }
      menu.add(.deferFree)
    default: break
    }
    guard hasQueue else { return }
    if !settings.defersFromStart || source.chance(1, in: 8) {
      menu.add(.startDeferring, .stopDeferring)
    }
  }

  /// Up to three limits: the boundary's, a high one, others that are not powers of two, and seldom
  /// the highest possible.
  func drawLimits(
    _ settings: ProgramSettings, _ menu: inout ProgramMenu, _ source: inout ChoiceSource
  ) {
    let boundary = settings.boundary
    for _ in 0..<source.choose(1...3) {
      let limit =
        switch source.choose(below: 4) {
        case 0: boundary - 1
        case 1: boundary * 4 - 1
        case 2: source.choose(upTo: boundary - 1)
        default:
          source.chance(1, in: 8)
            ? settings.configuration.highestPFN.raw - source.choose(below: 4)
            : boundary + source.choose(upTo: boundary * 3)
        }
      menu.limits.append(PFN(limit))
    }
  }

  /// Up to three sizes: small ones, or any; seldom one whose rounding wraps, which can't be
  /// allocated.
  func drawSizes(
    _ settings: ProgramSettings, _ menu: inout ProgramMenu, _ source: inout ChoiceSource
  ) {
    let most: UInt64 = workload.scale == .small ? min(settings.boundary, 40) : 128
    for _ in 0..<source.choose(1...3) {
      let bound = source.chance(1, in: 2) ? most : 4
      let size = 1 + source.choose(below: bound)
      let isHuge = source.chance(1, in: 32)
      menu.sizes.append(isHuge ? ProgramMenu.hugeSizes[Int(source.choose(below: 4))] : size)
    }
  }

  private func drawReservations(_ draft: inout ProgramDraft, _ source: inout ChoiceSource) {
    guard workload.usesReservations, draft.settings.dma?.attachesLate != true else { return }
    let boundary = draft.settings.boundary
    drawWindow(&draft, &source)
    while draft.commands.count < 4 {
      source.openSpan("reservation")
      defer { source.closeSpan() }
      guard source.chance(1, in: 4) else { return }
      let lo = source.choose(upTo: boundary * 2)
      // A reservation that reaches beyond the address space is legal to request, and refused.
      let hi = source.chance(1, in: 8) ? UInt64.max : lo + source.choose(below: 8)
      let range = PFNRange(PFN(lo), through: PFN(hi))
      guard source.chance(1, in: 4) else {
        draft.commands.append(Command(.reserve(range), on: CPU(0)))
        continue
      }
      let other = PFNRange(PFN(source.choose(upTo: boundary * 2)), pages: 1)
      draft.commands.append(Command(.copyReserved(range, other), on: CPU(0)))
    }
  }
}
