import IOVA

/// Passes over what commands ask for, and what they run on.
extension ProgramSearch {
  /// Finds the smallest machine and domain that suffice.
  func lowerSettings() {
    let settings = best.program.settings
    var plain = best.program
    plain.settings.endsBusy = false
    if plain != best.program { attempt(plain) { $0.cpu } }
    plain = best.program
    plain.settings.initialCredit = nil
    if plain != best.program { attempt(plain) { $0.cpu } }
    plain = best.program
    plain.settings.refusedRequest = nil
    if plain != best.program { attempt(plain) { $0.cpu } }
    plain = best.program
    plain.settings.defersFromStart = true
    if plain != best.program { attemptInWords(plain) }
    plain = best.program
    plain.settings.flushQueue = nil
    plain.settings.defersFromStart = true
    if plain != best.program { attemptInWords(plain) }
    lowerDevices()
    lower(settings.configuration.revision.cache.magazineCapacity, among: magazines) {
      $0.magazineCapacity = $1
    }
    lower(settings.depotBound, among: [1, 2]) { $0.depotBound = $1 }
    lower(Int(settings.start.raw), among: [1, 2, 3, 5]) { $0.start = PFN(UInt64($1)) }
    lower(Int(settings.boundary), among: [1, 2, 4, 8, 16, 32]) { $0.boundary = UInt64($1) }
  }

  /// Tries no devices, or plain ones.
  private func lowerDevices() {
    guard let dma = best.program.settings.dma else { return }
    if change({ $0.dma = nil }) { return }
    if dma.devices.count > 1 { change { $0.dma?.devices.removeLast() } }
    change { $0.dma?.attachesLate = false }
    change { $0.dma?.isCoherent = true }
    change { $0.dma?.isBuffered = false }
    change { $0.dma?.isExtended = false }
    change { $0.dma?.hasHighTables = false }
    change { $0.dma?.hasDMAZone = false }
    change { $0.dma?.debugsSlabs = false }
    change { $0.dma?.strategy = .slab }
    if !change({ $0.dma?.shadow = nil }), let limit = dma.shadow {
      lower(limit, among: [1, 2, 3, 4, limit / 2, limit - 1]) { $0.dma?.shadow = $1 }
    }
    for index in dma.devices.indices {
      let plain: [(inout DMADevice) -> Void] = [
        { $0.mask = nil }, { $0.coherentMask = nil }, { $0.isPCI = false },
        { $0.forcesWideAddresses = false },
        { $0.isISM = false },
      ]
      for body in plain {
        change { settings in
          if settings.dma?.devices.indices.contains(index) == true {
            body(&settings.dma!.devices[index])
          }
        }
      }
    }
  }

  /// Releases differ in what fills a power of two: M entries and a count, or M entries only.
  private var magazines: [Int] {
    let isOdd = best.program.settings.revision.cache.magazineCapacity % 2 == 1
    return isOdd ? [1, 3, 7] : [2, 4, 8]
  }

  @discardableResult
  private func change(_ body: (inout ProgramSettings) -> Void) -> Bool {
    var program = best.program
    body(&program.settings)
    guard program != best.program else { return false }
    // A case that can't be read again is of no use.
    guard program.settings.canBeKept || !best.program.settings.canBeKept else { return false }
    return attemptInWords(program)
  }

  private func lower(
    _ value: Int, among values: [Int], _ set: (inout ProgramSettings, Int) -> Void
  ) {
    for smaller in values where smaller > 0 && smaller < value {
      if change({ set(&$0, smaller) }) || isOver { return }
    }
  }

  // MARK: Commands

  /// Replaces commands by ones that do less.
  func weakenCommands() {
    bypassCaches()
    for index in best.program.commands.indices where !isOver {
      switch best.program.commands[index].action {
      case .advance(let milliseconds) where milliseconds > 100:
        edit(index) { $0.action = .advance(milliseconds: 100) }
      case .unplug:
        edit(index) { $0.action = .flushCaches($0.cpu) }
      case .flushCaches:
        edit(index) { $0.action = .flushDepots }
      case .deferFree(let handle):
        edit(index) { $0.action = .freeFast(handle) }
      default: break
      }
    }
  }

  @discardableResult
  private func edit(_ index: Int, _ body: (inout Command) -> Void) -> Bool {
    guard index < best.program.commands.count else { return false }
    var program = best.program
    body(&program.commands[index])
    guard program != best.program else { return false }
    return attemptInWords(program)
  }

  /// Takes ranges from the tree rather than from the caches, all of them or one by one, and frees
  /// them the same way.
  private func bypassCaches() {
    let fast = best.program.commands.compactMap { command -> Handle? in
      if case .allocateFast(let handle, _, _, _) = command.action { handle } else { nil }
    }
    guard !fast.isEmpty else { return }
    if attemptInWords(bypassing(Set(fast))) || fast.count == 1 { return }
    for handle in fast where !isOver { attempt(bypassing([handle])) { $0.cpu } }
  }

  private func bypassing(_ handles: Set<Handle>) -> Program {
    var program = best.program
    for index in program.commands.indices {
      switch program.commands[index].action {
      case .allocateFast(let handle, let pages, let limit, _) where handles.contains(handle):
        program.commands[index].action = .allocate(
          handle, pages: pages, limit: limit, aligned: true)
      case .freeFast(let handle) where handles.contains(handle):
        program.commands[index].action = .free(handle)
      default: break
      }
    }
    return program
  }

  // MARK: Values

  /// Tries flags off, few pages, low limits.
  func lowerValues() {
    lowerFlags()
    lowerPages()
    lowerLimits()
  }

  @discardableResult
  private func ask(_ index: Int, _ body: (inout Command) -> Void) -> Bool {
    var program = best.program
    body(&program.commands[index])
    return program != best.program && attempt(program) { $0.cpu }
  }

  private func lowerFlags() {
    var plain = best.program
    for index in plain.commands.indices { lowerFlags(&plain.commands[index]) }
    guard plain != best.program else { return }
    if attempt(plain, { $0.cpu }) { return }
    for index in best.program.commands.indices where !isOver {
      if ask(index, lowerFlags) { continue }
      // One flag of a mapping may matter, but not the others.
      ask(index) { $0.mapPlainly(permission: true, device: false) }
      ask(index) { $0.mapPlainly(permission: false, device: true) }
    }
  }

  private func lowerFlags(_ command: inout Command) {
    command.isStarved = false
    switch command.action {
    case .allocate(let handle, let pages, let limit, _):
      command.action = .allocate(handle, pages: pages, limit: limit, aligned: false)
    case .allocateFast(let handle, let pages, let limit, _):
      let flush = best.program.settings.revision.cache.alwaysFlushes
      command.action = .allocateFast(handle, pages: pages, limit: limit, flush: flush)
    case .map(let handle, let pages, _, _, _, _):
      command.action = .map(handle, pages: pages, .readWrite, device: 0, shifted: false)
    default: break
    }
  }

  private func lowerPages() {
    let requests = best.program.commands.compactMap(\.request)
    guard requests.contains(where: { $0.pages > 1 }) else { return }
    var small = best.program
    for index in small.commands.indices { small.commands[index].setPages(1) }
    if attempt(small, { $0.cpu }) { return }
    for index in best.program.commands.indices where !isOver {
      guard let pages = best.program.commands[index].request?.pages else { continue }
      // To one page if that still fails, else to two, else to half.
      for smaller in [1, 2, pages / 2] where smaller > 0 && smaller < pages {
        if ask(index, { $0.setPages(UInt64(smaller)) }) { break }
      }
    }
  }

  /// One limit for all, as low as possible, or else each as low as possible.
  private func lowerLimits() {
    let limits = best.program.commands.compactMap { $0.request.map(\.limit) }.filter { $0 > 0 }
    guard let highest = limits.max() else { return }
    if limits.count > 1, Set(limits).count > 1 { setLimits(highest) }
    lowest(below: highest) { setLimits($0) }
    let present = best.program.commands.compactMap { $0.request.map(\.limit) }.filter { $0 > 0 }
    guard Set(present).count > 1 else { return }
    for index in best.program.commands.indices where !isOver {
      guard let limit = best.program.commands[index].request?.limit, limit > 1 else { continue }
      lowest(below: limit) { limit in ask(index) { $0.setLimit(UInt64(limit)) } }
    }
  }

  /// Halves the distance to the lowest value that still fails.
  private func lowest(below value: Int, _ set: (Int) -> Bool) {
    var (low, high) = (1, value)
    while low < high, !isOver {
      let middle = (low + high) / 2
      if set(middle) { high = middle } else { low = middle + 1 }
    }
  }

  @discardableResult
  private func setLimits(_ limit: Int) -> Bool {
    var program = best.program
    for index in program.commands.indices { program.commands[index].setLimit(UInt64(limit)) }
    return attempt(program) { $0.cpu }
  }
}

extension Command {
  /// Maps with full access, or for the first device.
  fileprivate mutating func mapPlainly(permission: Bool, device: Bool) {
    guard
      case .map(let handle, let pages, let access, let number, let isShifted, let sleeps) = action
    else { return }
    action = .map(
      handle, pages: pages, permission ? .readWrite : access, device: device ? 0 : number,
      shifted: isShifted, sleeps: sleeps)
  }

  /// Asks for another number of pages.
  fileprivate mutating func setPages(_ pages: UInt64) {
    switch action {
    case .allocate(let handle, _, let limit, let aligned):
      action = .allocate(handle, pages: pages, limit: limit, aligned: aligned)
    case .allocateFast(let handle, _, let limit, let flush):
      action = .allocateFast(handle, pages: pages, limit: limit, flush: flush)
    case .split(let handle, let offset, _, let above) where offset + pages > 1:
      action = .split(handle, offset: min(offset, pages - 1), pages: 1, above: above)
    case .map(let handle, _, let protection, let device, let shifted, let sleeps):
      action = .map(
        handle, pages: pages, protection, device: device, shifted: shifted, sleeps: sleeps)
    case .allocateCoherent(let handle, _, let device):
      action = .allocateCoherent(handle, pages: pages, device: device)
    case .access(let handle, _): action = .access(handle, page: pages - 1)
    case .mapAgain(let handle, _): action = .mapAgain(handle, page: pages - 1)
    case .unmapPart(let handle, let page, _):
      action = .unmapPart(handle, page: min(page, pages - 1), pages: pages - min(page, pages - 1))
    case .reserve(let range): action = .reserve(PFNRange(range.lo, pages: pages))
    case .copyReserved(let first, let second):
      action = .copyReserved(
        PFNRange(first.lo, pages: pages), PFNRange(second.lo, pages: pages))
    default: break
    }
  }

  /// Asks for what lies below another limit.
  fileprivate mutating func setLimit(_ limit: UInt64) {
    switch action {
    case .allocate(let handle, let pages, _, let aligned):
      action = .allocate(handle, pages: pages, limit: PFN(limit), aligned: aligned)
    case .allocateFast(let handle, let pages, _, let flush):
      action = .allocateFast(handle, pages: pages, limit: PFN(limit), flush: flush)
    case .setMask(_, let device, let kind): action = .setMask(PFN(limit), device: device, kind)
    case .find: action = .find(PFN(limit))
    default: break
    }
  }
}
