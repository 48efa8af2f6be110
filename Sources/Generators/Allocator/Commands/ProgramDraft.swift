import IOVA

/// What the commands of one program are made of: the kinds, limits and sizes that the swarm left
/// switched on.
struct ProgramMenu {
  let revision: Revision
  var kinds: [ProgramGenerator.Kind] = []
  var limits: [PFN] = []
  var sizes: [UInt64] = []
  var mappedSizes: [UInt64] = []
  /// Whether mappings that permit no access are requested now and then.
  var permitsNothing = false
  /// Whether some mappings are requested where the caller may sleep.
  var sleeps = false
  /// Whether memory fails now and then.
  var starves = false
  /// If memory fails at all, it does so in one of that many commands.
  var commandsPerStarved: UInt64 = 16
  /// Whether ranges are allocated first, and then freed by several CPUs at the same time.
  var sharesFrees = false
  /// Whether most calls are of the kind and on the CPU of the previous one, so that something fills
  /// up or is emptied while others wait.
  var repeatsCalls = false
  /// How many calls of a kind CPU 0 makes in a row, with single calls of others in between; 0 if it
  /// does not.
  var burst = 0
  /// How many commands run in order before the CPUs start.
  var inOrder = 0

  /// Sizes above the largest power of two, equal to it, and at the end of the numbers.
  static let hugeSizes: [UInt64] = [1 << 63, (1 << 63) + 1, .max - 1, .max]

  mutating func add(_ kinds: ProgramGenerator.Kind...) { self.kinds += kinds }
}

/// The kinds of commands, and how many programs have each: beside what draws them, so that one file
/// is enough for one more.
extension ProgramGenerator {
  /// What the next command may be, in order of simplicity.
  enum Kind: Sendable {
    case allocate, free, allocateFast, freeFast, split, advance, flushCaches, flushDepots, unplug
    case freeShared, deferFree, startDeferring, stopDeferring, map, unmap, access, mapAgain, attach
    case setMask, setCoherentMask, find, unmapPart, allocateCoherent, freeCoherent
  }

  /// What the swarm leaves on.
  func drawMenu(
    _ settings: inout ProgramSettings, _ source: inout ChoiceSource
  ) -> ProgramMenu {
    var menu = ProgramMenu(revision: revision)
    // Drawn whatever the number of CPUs, so that what follows stays as it is when they are fewer.
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
      if workload.usesFlushQueue { drawDeferral(&settings, &menu, &source) }
    }
    if workload.usesTree, mode != 2, workload.usesSplits, source.chance(1, in: 4) {
      menu.add(.split)
      // A split asks twice, and what is half done has to be undone.
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

  /// One CPU fills and empties magazines, as many calls at a time as fill up to four of them, and
  /// others call now and then.
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
    _ settings: inout ProgramSettings, _ menu: inout ProgramMenu, _ source: inout ChoiceSource
  ) {
    let hasQueue = settings.flushQueue != nil
    switch hasQueue ? 5 + source.choose(below: 3) : source.choose(below: 8) {
    case 6: menu.add(.deferFree)
    case 7:
      menu.kinds.removeAll { $0 == .freeFast }
      menu.add(.deferFree)
    default: break
    }
    drawModes(&settings, &menu, &source)
  }

  /// Changes now and then whether invalidations are deferred; seldom there is no memory for the
  /// rings at first, and they are made later.
  private func drawModes(
    _ settings: inout ProgramSettings, _ menu: inout ProgramMenu, _ source: inout ChoiceSource
  ) {
    guard settings.flushQueue != nil else { return }
    let isLate = !settings.defersFromStart
    if isLate || source.chance(1, in: 8) { menu.add(.startDeferring, .stopDeferring) }
    guard !isLate, workload.usesFailingMemory, source.chance(1, in: 16) else { return }
    settings.refusedRequest = Self.magazinesPerCPU * settings.cpus + source.choose(1...4)
    menu.add(.startDeferring)
  }

  /// Adds mappings to a menu; returns whether that is all there is to be.
  private func drawMappings(
    _ settings: inout ProgramSettings, _ menu: inout ProgramMenu, _ source: inout ChoiceSource
  ) -> Bool {
    menu.add(.map, .unmap)
    if !source.chance(1, in: 8) { menu.add(.access) }
    if source.chance(1, in: 4) { menu.add(.mapAgain) }
    if source.chance(1, in: 4) { menu.add(.unmapPart) }
    let isLarge = (settings.dma?.inputBits ?? 0) > 26
    for _ in 0..<source.choose(1...3) {
      let pages: UInt64 =
        switch source.choose(below: isLarge ? 8 : 5) {
        case 5, 6, 7: 4096
        case 0: 1
        case 1: 16
        case 2: 1 + source.choose(below: 40)
        case 3: 256 * (1 + source.choose(below: 8))
        default: 1 + source.choose(below: 600)
        }
      menu.mappedSizes.append(pages)
    }
    if settings.dma?.shadow != nil {
      settings.dma?.shadow = Int(menu.mappedSizes[0]) * source.choose(1...4)
    }
    menu.permitsNothing = source.chance(1, in: 4)
    menu.sleeps = source.chance(1, in: settings.dma?.strategy == .growingPool ? 1 : 4)
    guard workload.dma == .all || source.chance(1, in: 2) else { return false }
    if source.chance(1, in: 8) {
      settings.dma?.attachesLate = true
      menu.add(.attach)
    } else if source.chance(1, in: 4) {
      // Addresses that are parked, and have no tables.
      menu.add(.allocateFast, .freeFast)
    }
    if source.chance(1, in: 4) { menu.add(.setMask) }
    if source.chance(1, in: 4) { menu.add(.allocateCoherent, .freeCoherent) }
    if source.chance(1, in: 8) { menu.add(.setCoherentMask) }
    if source.chance(1, in: 2) { menu.add(.advance) }
    if workload.usesHotplug, source.chance(1, in: 4), settings.cpus > 1 { menu.add(.unplug) }
    drawModes(&settings, &menu, &source)
    menu.starves = workload.usesFailingMemory && source.chance(1, in: 2)
    menu.commandsPerStarved = 4
    drawLimits(settings, &menu, &source)
    drawSizes(settings, &menu, &source)
    return true
  }
}

/// A program in the making: knows which handles would be live and which CPUs plugged in.
struct ProgramDraft {
  let settings: ProgramSettings
  let menu: ProgramMenu
  var commands: [Command] = []
  private(set) var handleCount = 0
  private(set) var inOrder = 0
  /// The newest last; frees count from the end, so that deleting earlier commands changes nothing.
  private var live: [(handle: Handle, pages: UInt64)] = []
  private var liveFast: [Handle] = []
  private var mapped = MappedDraft()
  /// What devices share with their drivers.
  private var shared: [Handle] = []
  private var isOffline: [Bool]
  /// The previous command, and the last request of an allocation.
  private var last: (kind: ProgramGenerator.Kind, cpu: CPU)?
  private var lastRequest: (pages: UInt64, limit: PFN)?
  /// Whether the present command is like the previous one.
  private var isRepeated = false
  /// What CPU 0 repeats now, and how often it still will.
  private var burst = (kind: ProgramGenerator.Kind.freeFast, left: 0)

  init(settings: ProgramSettings, menu: ProgramMenu) {
    self.settings = settings
    self.menu = menu
    isOffline = Array(repeating: false, count: settings.cpus)
  }

  /// Allocates, on the first CPU and before the others start, what several CPUs will free.
  mutating func drawShared(_ source: inout ChoiceSource) {
    repeat {
      source.openSpan("shared")
      commands.append(Command(drawAction(.allocate, CPU(0), &source), on: CPU(0)))
      source.closeSpan()
    } while handleCount < 4 && source.chance(1, in: 2)
    inOrder = commands.count
  }

  mutating func drawCommand(_ source: inout ChoiceSource) {
    isRepeated = menu.repeatsCalls && last != nil && source.chance(7, in: 8)
    if menu.burst > 0 { return drawOfBursts(&source) }
    let cpu =
      isRepeated ? last!.cpu : CPU(Int(source.choose(below: UInt64(settings.cpus))))
    if isOffline[cpu.index] {
      isOffline[cpu.index] = false
      commands.append(Command(.plug, on: cpu))
      return
    }
    var kind =
      isRepeated ? last!.kind : menu.kinds[Int(source.choose(below: UInt64(menu.kinds.count)))]
    last = (kind, cpu)
    if (kind == .free || kind == .split) && live.isEmpty { kind = .allocate }
    if (kind == .freeFast || kind == .deferFree) && liveFast.isEmpty { kind = .allocateFast }
    if (kind == .unmap || kind == .mapAgain || kind == .unmapPart) && mapped.isEmpty
      || kind == .access && mapped.isUnknown
    {
      kind = .map
    }
    if kind == .freeCoherent, shared.isEmpty { kind = .allocateCoherent }
    let action = drawAction(kind, cpu, &source)
    let isStarved = menu.starves && source.chance(1, in: menu.commandsPerStarved)
    commands.append(Command(action, on: cpu, isStarved: isStarved))
  }

  /// The next call of a burst, or a single call in between.
  private mutating func drawOfBursts(_ source: inout ChoiceSource) {
    var (kind, cpu) = (burst.kind, CPU(0))
    if burst.left == 0 {
      burst = (kind == .allocateFast ? .freeFast : .allocateFast, menu.burst)
      if settings.cpus > 1, source.chance(1, in: 2) {
        cpu = CPU(1 + Int(source.choose(below: UInt64(settings.cpus - 1))))
        kind = source.chance(1, in: 2) ? .freeFast : .allocateFast
      }
    }
    if cpu.index == 0 {
      kind = burst.kind
      burst.left -= 1
    }
    if kind == .freeFast, liveFast.isEmpty { kind = .allocateFast }
    commands.append(Command(drawAction(kind, cpu, &source), on: cpu))
  }

  private mutating func drawAction(
    _ kind: ProgramGenerator.Kind, _ cpu: CPU, _ source: inout ChoiceSource
  ) -> Command.Action {
    switch kind {
    case .allocate:
      let (pages, limit) = drawRequest(&source)
      let handle = newHandle()
      if pages < ProgramMenu.hugeSizes[0] { live.append((handle, pages)) }
      return .allocate(handle, pages: pages, limit: limit, aligned: source.chance(1, in: 2))
    case .free:
      let index = live.count - 1 - Int(source.choose(below: UInt64(live.count)))
      return .free(live.remove(at: index).handle)
    case .freeShared:
      return .freeShared(Handle(Int(source.choose(below: UInt64(handleCount)))))
    case .allocateFast: return drawFast(&source)
    case .freeFast: return .freeFast(drawLiveFast(&source))
    case .deferFree: return .deferFree(drawLiveFast(&source))
    case .map:
      let devices = settings.dma?.devices.count ?? 1
      return mapped.map(newHandle(), menu, devices: devices, &source)
    case .unmap: return mapped.unmap(&source)
    case .unmapPart: return mapped.unmapPart(&source)
    case .find: return .find(PFN(source.choose(upTo: settings.boundary * 4)))
    case .access: return mapped.access(&source)
    case .mapAgain: return mapped.mapAgain(&source)
    case .attach:
      return .attach(device: drawDevice(&source))
    case .setMask: return drawMask(.streaming, &source)
    case .setCoherentMask: return drawMask(.coherent, &source)
    case .allocateCoherent:
      let pages = menu.mappedSizes[Int(source.choose(below: UInt64(menu.mappedSizes.count)))]
      let handle = newHandle()
      shared.append(handle)
      return .allocateCoherent(handle, pages: pages, device: drawDevice(&source))
    case .freeCoherent:
      let index = shared.count - 1 - Int(source.choose(below: UInt64(shared.count)))
      return .freeCoherent(shared.remove(at: index))
    case .split: return drawSplit(&source)
    case .advance: return .advance(milliseconds: [100, 1, 250][source.choose(0...2)])
    case .flushCaches:
      return .flushCaches(CPU(Int(source.choose(below: UInt64(settings.cpus)))))
    case .flushDepots: return .flushDepots
    case .startDeferring: return .startDeferring
    case .stopDeferring: return .stopDeferring
    case .unplug:
      guard cpu.index > 0 else { return .advance(milliseconds: 100) }
      isOffline[cpu.index] = true
      return .unplug
    }
  }

  private func drawDevice(_ source: inout ChoiceSource) -> Int {
    Int(source.choose(below: UInt64(settings.dma?.devices.count ?? 1)))
  }

  private func drawMask(_ kind: DMAMask, _ source: inout ChoiceSource) -> Command.Action {
    let device = drawDevice(&source)
    return .setMask(
      settings.drawMask(&source) ?? PFN(settings.boundary - 1), device: device, kind)
  }

  private mutating func drawLiveFast(_ source: inout ChoiceSource) -> Handle {
    let index = liveFast.count - 1 - Int(source.choose(below: UInt64(liveFast.count)))
    return liveFast.remove(at: index)
  }

  private mutating func drawFast(_ source: inout ChoiceSource) -> Command.Action {
    var (pages, limit) = drawRequest(&source)
    if !menu.revision.cache.roundsSizes {
      while pages.nonzeroBitCount > 1 { pages &= pages - 1 }
    }
    let flush = menu.revision.cache.alwaysFlushes || source.chance(1, in: 2)
    let handle = newHandle()
    liveFast.append(handle)
    return .allocateFast(handle, pages: pages, limit: limit, flush: flush)
  }

  private mutating func drawSplit(_ source: inout ChoiceSource) -> Command.Action {
    let index = live.count - 1 - Int(source.choose(below: UInt64(live.count)))
    let (handle, pages) = live[index]
    let offset = source.choose(below: pages)
    let cut = 1 + source.choose(below: pages - offset)
    let above = newHandle()
    if offset > 0 { live[index].pages = offset } else { live.remove(at: index) }
    if offset + cut < pages { live.append((above, pages - offset - cut)) }
    return .split(handle, offset: offset, pages: cut, above: above)
  }

  private mutating func newHandle() -> Handle {
    defer { handleCount += 1 }
    return Handle(handleCount)
  }

  private mutating func drawRequest(
    _ source: inout ChoiceSource
  ) -> (pages: UInt64, limit: PFN) {
    if isRepeated, let lastRequest { return lastRequest }
    let pages = menu.sizes[Int(source.choose(below: UInt64(menu.sizes.count)))]
    let limit = menu.limits[Int(source.choose(below: UInt64(menu.limits.count)))]
    lastRequest = (pages, limit)
    return (pages, limit)
  }
}
