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
      return .attach(device: Int(source.choose(below: UInt64(settings.dma?.devices.count ?? 1))))
    case .setMask:
      let device = Int(source.choose(below: UInt64(settings.dma?.devices.count ?? 1)))
      return .setMask(settings.drawMask(&source) ?? PFN(settings.boundary - 1), device: device)
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
