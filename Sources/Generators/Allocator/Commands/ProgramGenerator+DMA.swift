import IOVA

/// What programs with devices are made of.
extension ProgramGenerator {
  func drawsDMA(_ source: inout ChoiceSource) -> Bool { draws(workload.dma, &source) }

  private func draws(_ share: Workload.Share, _ source: inout ChoiceSource) -> Bool {
    switch share {
    case .none: false
    case .some: source.chance(1, in: 4)
    case .all: true
    }
  }

  /// An IOMMU and one or two devices. There are enough addresses for blocks of all sizes, but
  /// seldom for the largest.
  func drawDMA(_ settings: inout ProgramSettings, _ source: inout ChoiceSource) {
    var dma = DMASettings()
    if workload.scale == .small {
      settings.boundary = [settings.boundary, 256, 512][Int(source.choose(below: 3))]
      switch source.choose(below: 8) {
      // So few that devices reach the last one.
      case 6, 7: dma.inputBits = 22
      // So many that the first level fills its page.
      case 3: dma.inputBits = 30
      // Enough for blocks of 16 MiB.
      case 4, 5:
        settings.boundary = 4096
        dma.inputBits = 27
      default: break
      }
    } else {
      dma.inputBits = 28
    }
    let strategies: [TableMemory.Strategy] = [.slab, .slab, .pool, .growingPool, .pages, .general]
    dma.strategy = strategies[Int(source.choose(below: 6))]
    dma.debugsSlabs = dma.strategy == .slab && source.chance(1, in: 4)
    dma.hasDMAZone = source.chance(1, in: 4)
    switch source.choose(below: 4) {
    case 2: dma.isBuffered = true
    case 3: dma.isCoherent = false
    default: break
    }
    dma.isExtended = source.chance(1, in: 4)
    if dma.isExtended { dma.hasHighTables = source.chance(1, in: 2) }
    dma.devices = (0..<source.choose(1...2)).map { _ in
      var device = DMADevice()
      device.mask = settings.drawMask(&source)
      if source.chance(1, in: 8), device.mask != nil {
        device.part = 1 + source.choose(below: BlockSize.small.bytes - 1)
      }
      device.coherentMask = settings.drawMask(&source)
      device.isPCI = !source.chance(1, in: 4)
      device.forcesWideAddresses = source.chance(1, in: 4)
      return device
    }
    if draws(workload.guests, &source) { makeGuest(&dma, &settings, &source) }
    settings.dma = dma
  }

  /// Makes the devices a guest's: they read through a shadow, unmappings are queued in one ring,
  /// and few drivers leave the mask as it is.
  private func makeGuest(
    _ dma: inout DMASettings, _ settings: inout ProgramSettings, _ source: inout ChoiceSource
  ) {
    dma.shadow = 1
    if settings.flushQueue != nil {
      settings.flushQueue?.mode = .single
      if workload.scale == .full {
        settings.flushQueue = revision.flush.ringsForShadows ? .perCPU : .single
      }
    }
    for index in dma.devices.indices {
      let all = PFN(settings.boundary * 4 - 1)
      if !source.chance(1, in: 4) { dma.devices[index].mask = all }
      if !source.chance(1, in: 4) { dma.devices[index].coherentMask = all }
      dma.devices[index].isISM = source.chance(1, in: 8)
    }
  }

  /// Reserves what lies outside a guest's window: mostly the 32-bit addresses, and what its devices
  /// can't reach (rule 79).
  func drawWindow(_ draft: inout ProgramDraft, _ source: inout ChoiceSource) {
    let settings = draft.settings
    guard let dma = settings.dma, dma.shadow != nil, source.chance(3, in: 4) else { return }
    let aperture = dma.configuration.aperture.raw
    let start = min(settings.boundary, aperture / 2)
    let end = settings.boundary * 4 - 1
    draft.commands.append(
      Command(.reserve(PFNRange(PFN(0), through: PFN(start - 1))), on: CPU(0)))
    guard end < aperture, source.chance(3, in: 4) else { return }
    draft.commands.append(
      Command(.reserve(PFNRange(PFN(end + 1), through: PFN(aperture))), on: CPU(0)))
  }

}

extension ProgramSettings {
  /// What a device can address: everything, the default until its driver sets a mask, or something
  /// else.
  func drawMask(_ source: inout ChoiceSource) -> PFN? {
    switch source.choose(below: 3) {
    case 0: PFN(boundary * 4 - 1)
    case 1: nil
    default: PFN(1 + source.choose(below: boundary * 2))
    }
  }
}

/// The mappings of a program in the making.
struct MappedDraft {
  /// Handles that would be mapped, the newest last.
  private var live: [(handle: Handle, pages: UInt64)] = []
  /// The handles that were mapped most recently.
  private var known: [(handle: Handle, pages: UInt64)] = []

  var isEmpty: Bool { live.isEmpty }
  var isUnknown: Bool { known.isEmpty }

  mutating func map(
    _ handle: Handle, _ menu: ProgramMenu, devices: Int, _ source: inout ChoiceSource
  ) -> Command.Action {
    let pages = menu.mappedSizes[Int(source.choose(below: UInt64(menu.mappedSizes.count)))]
    var protection: Protection = [.readWrite, .read, .write][Int(source.choose(below: 3))]
    if menu.permitsNothing, source.chance(1, in: 4) { protection = [] }
    let device = Int(source.choose(below: UInt64(devices)))
    live.append((handle, pages))
    known.append((handle, pages))
    if known.count > 8 { known.removeFirst() }
    let isShifted = source.chance(1, in: 2)
    return .map(
      handle, pages: pages, protection, device: device, shifted: isShifted,
      sleeps: menu.sleeps && source.chance(1, in: 2))
  }

  mutating func unmap(_ source: inout ChoiceSource) -> Command.Action {
    let index = live.count - 1 - Int(source.choose(below: UInt64(live.count)))
    return .unmap(live.remove(at: index).handle)
  }

  /// A few pages, or any number, from any page; some begin where a block of 64 KiB could.
  func unmapPart(_ source: inout ChoiceSource) -> Command.Action {
    let (handle, pages) = live[live.count - 1 - Int(source.choose(below: UInt64(live.count)))]
    var page = source.choose(below: pages)
    if source.chance(1, in: 4) { page &= ~15 }
    let most = source.chance(1, in: 2) ? pages - page : min(pages - page, 4)
    return .unmapPart(handle, page: page, pages: 1 + source.choose(below: most))
  }

  func mapAgain(_ source: inout ChoiceSource) -> Command.Action {
    let (handle, pages) = live[live.count - 1 - Int(source.choose(below: UInt64(live.count)))]
    return .mapAgain(handle, page: source.choose(below: pages))
  }

  func access(_ source: inout ChoiceSource) -> Command.Action {
    let index = known.count - 1 - Int(source.choose(below: UInt64(known.count)))
    return .access(known[index].handle, page: source.choose(below: known[index].pages))
  }
}
