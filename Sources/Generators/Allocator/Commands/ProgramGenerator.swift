import IOVA

/// Draws programs that are legal for their release from a choice source.
///
/// Legal means: reservations come first; only the owner frees, and in the way it allocated; before
/// 5.17 the caller rounds up sizes on the fast path; nothing runs on an unplugged CPU.
public struct ProgramGenerator: Sendable {
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
  /// What a domain asks memory for as it is made: two magazines a class.
  static let magazinesPerCPU = 2 * IOVADomain.sizeClassCount

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

  /// Up to three limits: the boundary's, a high one, others that are no powers of two, and seldom
  /// the highest there are.
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
