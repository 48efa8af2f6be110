/// What devices read through: a page table, its walker, and what the hardware remembers of both; or
/// a hypervisor's shadow of the page table.
///
/// The owner of the lock around the hardware's memory. No CPU ever waits long for it, and it is not
/// supervised: hardware takes no part in the order of locks. An access and its walk are one step,
/// since an invalidation waits for walks that are under way.
public final class IOMMU: FlushTarget, Sendable {
  public let table: PageTable
  /// Whether devices read through a hypervisor's shadow.
  package let isShadowed: Bool
  private let walker: TableWalker
  private let memory: RememberedWalks
  private let machine: Machine
  /// The pages that are taken in the initial state.
  private let fresh: PhysicalMemory.Zones
  /// Whether a reset has to clear what was written outside tables.
  private let isWiped: Bool
  /// The tables that wait for an invalidation, each with the next one of its list.
  private let waiting: Locked<[UInt64: UInt64]>

  /// An IOMMU with an empty page table.
  ///
  /// - Parameter shadow: the most pages that a hypervisor copies; nil if hardware reads the page
  ///   table itself.
  /// - Throws: `OutOfMemory` if there is no memory for the page table.
  public init(
    _ configuration: TableConfiguration, shadow: Int? = nil, in physical: PhysicalMemory,
    on machine: Machine
  ) throws(OutOfMemory) {
    let memory = RememberedWalks()
    let supervisor = machine.supervisor
    var hooks = TableHooks(flushWalks: { range, _ in _ = memory.forget(range) })
    if supervisor.isLive {
      hooks.observe = { event, cpu in
        supervisor.tell { $0.observed(.dma(.table(event)), on: cpu) }
      }
    }
    table = try PageTable(configuration, in: physical, on: machine, hooks: hooks)
    walker = TableWalker(table)
    isShadowed = shadow != nil
    if let shadow {
      let mebibytes = configuration.firstLevelSlots
      memory.install { [walker] in
        HypervisorShadow(limit: shadow, walker, mebibytes: mebibytes)
      }
    }
    self.memory = memory
    self.machine = machine
    fresh = physical.mark
    isWiped = configuration.faults.faults.contains(where: \.leadsAstray)
    waiting = Locked(
      [:], .physicalMemory, supervisor: SupervisorLink(nil), locking: .spin)
  }

  deinit { waiting.destroy() }

  // MARK: What a device does

  /// Translates a page for a device: from the IOTLB if possible, else by a walk, which is
  /// remembered; or from the shadow alone.
  ///
  /// - Returns: nil on a translation fault, which is never remembered.
  public func access(_ pfn: PFN) -> PageTranslation? {
    memory.access(pfn.raw, walker)
  }

  /// The result of a walk for a page through memory as the walker sees it; nothing is remembered.
  package func walk(_ pfn: PFN) -> PageTranslation? { walker.walk(page: pfn.raw) }

  /// The result of a walk for a single byte.
  package func walk(_ iova: DMAAddress) -> PhysicalAddress? { walker.translate(iova) }

  /// Whether all pages of a MiB are unmapped or in one block, in a shadow as well.
  package func isDecidedAtOnce(mebibyte: UInt64) -> Bool {
    let iova = DMAAddress(mebibyte << BlockSize.section.shift)
    let (seen, stored) = (walker.first(iova).kind(at: .first), table.first(iova).kind(at: .first))
    guard seen == stored,
      !isShadowed || memory.isDecidedAtOnce(mebibyte: Int(mebibyte))
    else { return false }
    let pages = BlockSize.section.pages
    return seen != .table || isEmpty(PFNRange(PFN(mebibyte * pages), pages: pages))
  }

  /// Whether all entries of pages that share one table are empty, as the walker and CPUs see them,
  /// and a shadow has none of the pages; only when nobody runs.
  package func isEmpty(_ pages: PFNRange) -> Bool {
    let first = walker.first(DMAAddress(pages.lo.raw << BlockSize.small.shift))
    guard first.isTable, first == table.first(DMAAddress(pages.lo.raw << BlockSize.small.shift)),
      let entries = table.physical.word(at: first.table(table.quirks))
    else { return false }
    for page in pages.lo.raw...pages.hi.raw {
      let iova = DMAAddress(page << BlockSize.small.shift)
      let stored = table.physical.load(entries + table.secondIndex(iova.raw))
      if stored != .invalid || walker.second(iova, below: first) != .invalid { return false }
    }
    return inspectShadow { $0.isEmpty(pages) } ?? true
  }

  // MARK: What software does

  /// Has the hardware forget a range; returns once it has.
  func invalidate(_ range: DMARange, on cpu: CPU) {
    table.barrier(on: cpu)
    announce(.flushBegan(range), cpu)
    _ = memory.forget(range)
    announce(.flushEnded(range), cpu)
  }

  public func invalidateEverything(on cpu: CPU) { _ = refreshEverything(on: cpu) }

  /// Has the hardware forget everything; false if a hypervisor lacks the resources for all that is
  /// mapped, though it still drops what is no longer mapped.
  func refreshEverything(on cpu: CPU) -> Bool {
    table.barrier(on: cpu)
    announce(.flushBegan(everything), cpu)
    let isComplete = memory.forgetEverything(in: everything)
    announce(.flushEnded(everything), cpu)
    return isComplete
  }

  /// Has a hypervisor read a range whose entries were written; false if it lacks the resources for
  /// them.
  func sync(_ range: DMARange) -> Bool { memory.forget(range) }

  /// Makes visible to the hardware what this CPU has stored; invalidations do so as well.
  public func barrier(on cpu: CPU) { table.barrier(on: cpu) }

  private var everything: DMARange {
    DMARange(DMAAddress(0), bytes: 1 << UInt64(table.configuration.inputBits))
  }

  private func announce(_ event: TableEvent, _ cpu: CPU) {
    machine.supervisor.tell { $0.observed(.dma(.table(event)), on: cpu) }
  }

  /// Keeps tables that were unlinked, until `release` is called for them.
  func keep(_ tables: [PhysicalAddress], on cpu: CPU) -> TablePages {
    guard let first = tables.first, let last = tables.last else { return .none }
    waiting.withLock(on: cpu) { waiting in
      for (table, next) in zip(tables, tables.dropFirst()) { waiting[table.raw] = next.raw }
      waiting[last.raw] = 0
    }
    return TablePages(first: first.raw, last: last.raw)
  }

  public func release(_ tables: TablePages, on cpu: CPU) {
    var next = tables.first
    while next != 0 {
      let after = waiting.withLock(on: cpu) { $0.removeValue(forKey: next) }
      table.release(PhysicalAddress(next), on: cpu)
      next = after ?? 0
    }
  }

  // MARK: Seen from outside

  /// What the hardware wrongly remembers of a range; nil if nothing.
  ///
  /// Any translation counts, as does any walk through another table than the present one.
  package func remnant(in range: DMARange) -> Remnant? { memory.remnant(in: range, walker) }

  /// The shadow's translation of a page; nil if it holds none, or if there is no shadow.
  package func shadowed(_ pfn: PFN) -> PageTranslation? { memory.shadowed(pfn.raw) }

  /// Looks at the shadow without its lock; only when nobody runs.
  ///
  /// - Returns: nil if there is none.
  package func inspectShadow<Result>(
    _ body: (borrowing HypervisorShadow) -> Result
  ) -> Result? { memory.inspectShadow(body) }

  /// The number of first-level entries that point to a table. O(entries)
  package var linkedTables: Int { table.linkedTables }

  /// Tables that wait for an invalidation; only while nobody runs.
  package var waitingTables: Int { waiting.inspect { $0.count } }

  /// The page table without the tables that wait for an invalidation; only while nobody runs.
  package func tableSnapshot(asWalker: Bool = true) -> PageTableSnapshot {
    var snapshot = table.snapshot(asWalker: asWalker)
    waiting.inspect { waiting in
      snapshot.tables.removeAll { waiting[$0.address.raw] != nil }
      snapshot.tablesLive -= waiting.count
    }
    return snapshot
  }

  /// Tables that exist; only while nobody runs.
  package var liveTables: Int { table.tables.restingCounts.live }

  // MARK: The end

  /// Returns to the initial state; only while nobody runs.
  ///
  /// - Returns: how many tables were lost: neither linked nor waiting for an invalidation.
  func reset() -> Int {
    memory.reset()
    let lost = liveTables - linkedTables - waiting.inspect { $0.count }
    waiting.reset { $0.removeAll(keepingCapacity: true) }
    if isWiped { table.physical.wipe() }
    table.reset()
    table.physical.rewind(to: fresh)
    return lost
  }

  /// Gives all memory back; no device may access anything from now on.
  ///
  /// - Returns: how many tables were lost.
  func teardown(on cpu: CPU) -> Int {
    table.teardown(on: cpu)
    memory.reset()
    return liveTables
  }
}

/// What hardware remembers but must not.
package enum Remnant: Hashable, Sendable {
  case translation(PFN)
  /// A walk through a MiB, numbered from address 0, to a table that is not the present one.
  case walk(UInt64)
}

extension PageTranslation {
  init(_ entry: Descriptor, _ size: BlockSize, at iova: DMAAddress, _ quirks: TableQuirks) {
    let offset = iova.raw & (size.bytes - 1)
    self.init(
      output: entry.output(size, quirks) + offset, protection: entry.protection(size, quirks))
  }
}

/// The memory of the hardware, or of the hypervisor, behind its lock.
private final class RememberedWalks: Sendable {
  private struct State: ~Copyable {
    var hardware = IOTLB()
    /// Replaces the hardware's memory.
    var shadow: HypervisorShadow?
  }

  private let state: Locked<State>

  init() {
    state = Locked(State(), .physicalMemory, supervisor: SupervisorLink(nil), locking: .spin)
  }

  deinit { state.destroy() }

  /// Has devices read through a shadow; to be called before there is any device.
  func install(_ makeShadow: () -> HypervisorShadow) {
    state.dismantle { $0.shadow = makeShadow() }
  }

  func access(_ page: UInt64, _ walker: TableWalker) -> PageTranslation? {
    state.withLock(on: CPU(0)) { state in
      if state.shadow != nil { return state.shadow?.translation(of: page) }
      return state.hardware.access(page, walker)
    }
  }

  /// False if a shadow lacks the resources for what is mapped in the range.
  func forget(_ range: DMARange) -> Bool {
    state.withLock(on: CPU(0)) { state in
      if let isComplete = state.shadow?.refresh(range) { return isComplete }
      state.hardware.forget(range)
      return true
    }
  }

  /// The same for everything in the devices' window.
  func forgetEverything(in window: DMARange) -> Bool {
    state.withLock(on: CPU(0)) { state in
      if let isComplete = state.shadow?.refresh(window) { return isComplete }
      state.hardware.forgetEverything()
      return true
    }
  }

  /// Forgets everything, once nobody can read it any more.
  func reset() {
    state.withLock(on: CPU(0)) { state in
      state.hardware.forgetEverything()
      state.shadow?.removeAll()
    }
  }

  func shadowed(_ page: UInt64) -> PageTranslation? {
    state.withLock(on: CPU(0)) { $0.shadow?.translation(of: page) }
  }

  func inspectShadow<Result>(_ body: (borrowing HypervisorShadow) -> Result) -> Result? {
    state.inspect { state in
      switch state.shadow {
      case .some(let shadow): body(shadow)
      case nil: nil
      }
    }
  }

  func isDecidedAtOnce(mebibyte: Int) -> Bool {
    state.withLock(on: CPU(0)) { $0.shadow?.isDecidedAtOnce(mebibyte: mebibyte) ?? true }
  }

  func remnant(in range: DMARange, _ walker: TableWalker) -> Remnant? {
    state.withLock(on: CPU(0)) { state in
      if state.shadow != nil {
        return state.shadow?.page(in: range).map { .translation(PFN($0)) }
      }
      return state.hardware.remnant(in: range, walker)
    }
  }
}

extension IOTLB {
  fileprivate mutating func access(_ page: UInt64, _ walker: TableWalker) -> PageTranslation? {
    if let known = translation(of: page) { return known }
    let iova = DMAAddress(page << BlockSize.small.shift)
    let mebibyte = page >> (BlockSize.section.shift - BlockSize.small.shift)
    let remembered = walk(through: mebibyte)
    let first = remembered ?? walker.first(iova)
    var found: PageTranslation?
    switch first.kind(at: .first) {
    case .invalid: return nil
    case .block(let size): found = PageTranslation(first, size, at: iova, walker.quirks)
    case .table:
      if remembered == nil { learn(walkThrough: mebibyte, first) }
      let second = walker.second(iova, below: first)
      guard case .block(let size) = second.kind(at: .second) else { return nil }
      found = PageTranslation(second, size, at: iova, walker.quirks)
    }
    if let found { learn(page, found) }
    return found
  }

  fileprivate func remnant(in range: DMARange, _ walker: TableWalker) -> Remnant? {
    if let page = page(in: range) { return .translation(PFN(page)) }
    var stale: UInt64?
    forEachWalk(in: range) { mebibyte, first in
      let now = walker.first(DMAAddress(mebibyte << BlockSize.section.shift))
      if now != first { stale = min(stale ?? mebibyte, mebibyte) }
    }
    return stale.map { .walk($0) }
  }
}
