import IOVA

/// Runs single commands on a domain.
struct Interpreter {
  let domain: IOVADomain
  let handles: HandleTable
  let judge: Judge
  /// The devices that the domain has.
  private let dma: DMASettings?
  /// How each handle was allocated, so that what is left can be freed the same way.
  private let commands: [Command]

  init(domain: IOVADomain, handles: HandleTable, judge: Judge, program: Program) {
    self.domain = domain
    self.handles = handles
    self.judge = judge
    dma = program.settings.dma
    commands = program.commands
  }

  /// The outcome of a command.
  enum Answer: Hashable {
    case range(PFNRange)
    case failed
    case done
    case refused
    /// Its handle has no meaning, or its CPU is unplugged.
    case skipped
  }

  @discardableResult
  func run(_ command: Command) -> Answer {
    let cpu = command.cpu
    if command.isStarved { starve(cpu) }
    defer { if command.isStarved { feed(cpu) } }
    switch command.action {
    case .allocate(let handle, let pages, let limit, let aligned):
      guard
        let range = domain.allocate(pages, below: AddressLimit(limit), aligned: aligned, on: cpu)
      else { return .failed }
      handles.put(handle, range.lo, pages)
      return .range(range)
    case .allocateFast(let handle, let pages, let limit, let flush):
      guard
        let pfn = domain.allocateFast(pages, below: AddressLimit(limit), flush: flush, on: cpu)
      else { return .failed }
      handles.put(handle, pfn, pages)
      return .range(PFNRange(pfn, pages: pages))
    case .free(let handle):
      guard let range = handles.take(handle) else { return .skipped }
      domain.free(range.pfn, on: cpu)
      return .done
    case .freeFast(let handle):
      guard let range = handles.take(handle) else { return .skipped }
      domain.freeFast(range.pfn, range.pages, on: cpu)
      return .done
    case .deferFree(let handle):
      guard let range = handles.take(handle) else { return .skipped }
      domain.deferFree(range.pfn, range.pages, on: cpu)
      return .done
    default: return runSeldom(command)
    }
  }

  private func starve(_ cpu: CPU) {
    domain.machine.memory.starve(cpu)
    judge.hears(.starved(true), isShort: false, on: cpu)
  }

  private func feed(_ cpu: CPU) {
    domain.machine.memory.feed(cpu)
    judge.hears(.starved(false), isShort: false, on: cpu)
  }

  private func runSeldom(_ command: Command) -> Answer {
    let machine = domain.machine
    let cpu = command.cpu
    switch command.action {
    case .reserve(let range):
      let isDone = tells(cpu, domain.reserve(range, on: cpu)) { .reserved(range, $0) }
      return isDone ? .done : .refused
    case .copyReserved(let first, let second): return copyReserved([first, second], cpu)
    case .find(let pfn):
      let range = tells(cpu, domain.find(pfn, on: cpu)) { .found(pfn, $0) }
      return range.map(Answer.range) ?? .failed
    case .freeShared(let handle):
      guard let range = handles.peek(handle) else { return .skipped }
      if domain.free(range.pfn, on: cpu) != nil { _ = handles.take(handle) }
    case .split(let handle, let offset, let pages, let above):
      return split(handle, offset, pages, above, cpu)
    case .flushCaches(let victim): domain.flushCaches(of: victim, on: cpu)
    case .flushDepots: domain.flushDepots(on: cpu)
    case .map(let handle, let pages, let protection, let device, let shifted, let sleeps):
      guard let dma, device < dma.devices.count, domain.isAttached(device)
      else { return .skipped }
      let buffer = dma.buffer(of: handle, shifted: shifted)
      let answer = tells(
        cpu,
        domain.map(
          pages, to: buffer, protection, device: device, sleeps ? .maySleep : .atomic, on: cpu)
      ) { .mapped(pages: pages, $0) }
      guard let pfn = answer else { return .failed }
      handles.putMapped(handle, pfn, pages)
      return .range(PFNRange(pfn, pages: pages))
    case .allocateCoherent(let handle, let pages, let device):
      return allocateCoherent(handle, pages, device, cpu)
    case .freeCoherent(let handle):
      guard let range = handles.take(handle) else { return .skipped }
      domain.freeCoherent(range.pfn, range.pages, on: cpu)
    case .unmap(let handle):
      guard let range = handles.take(handle) else { return .skipped }
      domain.unmap(range.pfn, range.pages, except: handles.hole(handle, in: range), on: cpu)
    case .unmapPart(let handle, let page, let pages):
      return unmapPart(handle, page, pages, cpu)
    case .access(let handle, let page):
      guard let range = handles.last(handle) else { return .skipped }
      let pfn = PFN(range.pfn.raw + page % range.pages)
      let found = tells(cpu, domain.access(pfn, on: cpu)) { .accessed(pfn, $0) }
      return found == nil ? .failed : .done
    case .mapAgain(let handle, let page): return mapAgain(handle, page, cpu)
    case .attach(let device):
      guard let dma, device < dma.devices.count else { return .skipped }
      domain.attach(device, on: cpu)
    case .setMask(let mask, let device, let kind):
      guard let dma, device < dma.devices.count else { return .skipped }
      domain.setMask(mask, of: device, kind, on: cpu)
    case .startDeferring:
      let isDone = tells(cpu, domain.startDeferring(on: cpu)) { .startedDeferring($0) }
      return isDone ? .done : .refused
    case .stopDeferring:
      tells(cpu, domain.stopDeferring(on: cpu)) { _ in .stoppedDeferring }
    case .unplug:
      guard machine.unplug(cpu, on: cpu) else { return .skipped }
      judge.unplugged(cpu)
    case .plug: return machine.plug(cpu) ? .done : .skipped
    case .advance(let milliseconds): machine.advance(by: milliseconds, on: cpu)
    case .allocate, .allocateFast, .free, .freeFast, .deferFree: break
    }
    return .done
  }

  private func allocateCoherent(
    _ handle: Handle, _ pages: UInt64, _ device: Int, _ cpu: CPU
  ) -> Answer {
    guard let dma, device < dma.devices.count, domain.isAttached(device) else { return .skipped }
    let memory = dma.buffer(of: handle, shifted: false)
    let answer = tells(
      cpu, domain.allocateCoherent(pages, at: memory, device: device, on: cpu)
    ) { .mapped(pages: pages, $0) }
    guard let pfn = answer else { return .failed }
    handles.putMapped(handle, pfn, pages)
    return .range(PFNRange(pfn, pages: pages))
  }

  /// Meanwhile no other CPU unmaps the range.
  private func mapAgain(_ handle: Handle, _ page: UInt64, _ cpu: CPU) -> Answer {
    guard let range = handles.take(handle) else { return .skipped }
    defer { handles.put(handle, range.pfn, range.pages) }
    let pfn = PFN(range.pfn.raw + page % range.pages)
    if handles.hole(handle, in: range)?.contains(pfn) == true { return .skipped }
    let failure = tells(cpu, domain.mapAgain(pfn, on: cpu)) { .mappedAgain(pfn, $0) }
    return failure == nil ? .done : .refused
  }

  /// Meanwhile no other CPU unmaps the range; it happens at most once for each range.
  private func unmapPart(
    _ handle: Handle, _ page: UInt64, _ pages: UInt64, _ cpu: CPU
  ) -> Answer {
    guard let range = handles.take(handle) else { return .skipped }
    defer { handles.put(handle, range.pfn, range.pages) }
    guard handles.hole(handle, in: range) == nil, page + pages <= range.pages else {
      return .skipped
    }
    let part = PFNRange(PFN(range.pfn.raw + page), pages: pages)
    let gone = tells(cpu, domain.unmapPart(part, on: cpu)) { .unmappedPart(part, pages: $0) }
    handles.setHole(handle, page: page, pages: gone)
    return gone == 0 ? .refused : .range(PFNRange(part.lo, pages: gone))
  }

  /// Copies the reservations of another domain, on an unsupervised machine.
  private func copyReserved(_ ranges: [PFNRange], _ cpu: CPU) -> Answer {
    var configuration = DomainConfiguration()
    configuration.revision.cache.isEnabled = false
    guard
      let other = try? IOVADomain(on: Machine(cpus: 1, clock: .virtual), configuration)
    else { return .skipped }
    // What lies beyond the address space is not reserved there either.
    for range in ranges { other.reserve(range, on: CPU(0)) }
    let reserved = ranges.filter { $0.hi <= other.configuration.highestPFN }
    guard let first = reserved.first else { return .skipped }
    let last = reserved.dropFirst().first ?? first
    let extent = PFNRange(min(first.lo, last.lo), through: max(first.hi, last.hi))
    let isDone = tells(cpu, domain.copyReserved(from: other, on: cpu)) { .copied(extent, $0) }
    return isDone ? .done : .refused
  }

  /// Makes a call, and has its answer judged.
  @discardableResult
  private func tells<Result>(
    _ cpu: CPU, _ call: @autoclosure () -> Result, _ reply: (Result) -> DomainReply
  ) -> Result {
    let refusals = domain.machine.memory.refusals
    let result = call()
    judge.hears(
      reply(result), isShort: domain.machine.memory.refusals != refusals, on: cpu)
    return result
  }

  private func split(
    _ handle: Handle, _ offset: UInt64, _ pages: UInt64, _ above: Handle, _ cpu: CPU
  ) -> Answer {
    guard let whole = handles.take(handle) else { return .skipped }
    guard offset + pages <= whole.pages else {
      handles.put(handle, whole.pfn, whole.pages)
      return .skipped
    }
    let lo = PFN(whole.pfn.raw + offset)
    let part = PFNRange(lo, pages: pages)
    let isSplit = tells(cpu, domain.splitAndRemove(part, on: cpu)) { .split(part, $0) }
    guard isSplit else {
      handles.put(handle, whole.pfn, whole.pages)
      return .refused
    }
    if offset > 0 { handles.put(handle, whole.pfn, offset) }
    let rest = whole.pages - offset - pages
    if rest > 0 { handles.put(above, PFN(lo.raw + pages), rest) }
    return .done
  }

  /// Ends a program: gives everything back, step by step, and has each state judged; only while
  /// nobody runs.
  ///
  /// - Parameter report: called with each command that this takes, and with nil if a law turns out
  ///   to be broken at rest, when nothing more is done.
  func finish(_ report: (Command?) -> Void = { _ in }) {
    let cpu = CPU(0)
    if !rests(report) { return }
    for index in 1..<max(domain.machine.cpuCount, 2) {
      if domain.machine.plug(CPU(index)) { report(Command(.plug, on: CPU(index))) }
    }
    giveBack(report)
    if judge.isBroken || !rests(report) { return }
    drainFlushQueue(report)
    // Each run of the workers takes one magazine from every depot that is too long.
    for _ in 0..<domain.counters.depotLength + 2 where domain.machine.hasArmedTimers {
      if judge.isBroken { return }
      report(Command(.advance(milliseconds: 100), on: cpu))
      domain.machine.advance(by: 100, on: cpu)
      if domain.machine.clock == .conducted {
        while domain.machine.runDueTimer(on: cpu) {}
      }
      if judge.isBroken || !rests(report) { return }
    }
    for index in 0..<domain.machine.cpuCount where !judge.isBroken {
      report(Command(.flushCaches(CPU(index)), on: cpu))
      domain.flushCaches(of: CPU(index), on: cpu)
    }
    if judge.isBroken { return }
    report(Command(.flushDepots, on: cpu))
    domain.flushDepots(on: cpu)
    if judge.isBroken { return }
    judge.isQuiet()
    if judge.isBroken { report(nil) }
  }

  /// Has the state judged; returns whether it is lawful.
  private func rests(_ report: (Command?) -> Void) -> Bool {
    judge.rests()
    guard judge.isBroken else { return true }
    report(nil)
    return false
  }

  /// Has the flush timer come due and run, which covers everything that is queued.
  private func drainFlushQueue(_ report: (Command?) -> Void) {
    guard let queue = domain.configuration.flushQueue, domain.flushSums().queued > 0 else { return }
    let cpu = CPU(0)
    report(Command(.advance(milliseconds: queue.timeout), on: cpu))
    domain.machine.advance(by: queue.timeout, on: cpu)
    if domain.machine.clock == .conducted {
      while !judge.isBroken, domain.machine.runDueTimer(on: cpu) {}
    }
    if !judge.isBroken { _ = rests(report) }
  }

  /// Frees what the program left, each range in the way it was allocated.
  private func giveBack(_ report: (Command?) -> Void) {
    let cpu = CPU(0)
    for command in commands {
      var names = command.results
      if case .split(let below, _, _, _) = command.action { names.append(below) }
      for handle in names {
        guard !judge.isBroken, let range = handles.take(handle) else { continue }
        if case .map = command.action {
          report(Command(.unmap(handle), on: cpu))
          domain.unmap(range.pfn, range.pages, except: handles.hole(handle, in: range), on: cpu)
        } else if case .allocateCoherent = command.action {
          report(Command(.freeCoherent(handle), on: cpu))
          domain.freeCoherent(range.pfn, range.pages, on: cpu)
        } else if case .allocateFast = command.action {
          report(Command(.freeFast(handle), on: cpu))
          domain.freeFast(range.pfn, range.pages, on: cpu)
        } else {
          report(Command(.free(handle), on: cpu))
          domain.free(range.pfn, on: cpu)
        }
      }
    }
  }
}
