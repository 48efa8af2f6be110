/// A two-level ARMv7 short-descriptor page table of an IOMMU (rules 89 to 105).
///
/// Any number of CPUs may map and unmap concurrently, each its own addresses: entries are single
/// atomic words, and a second-level table is installed by one exchange. The only lock guards the
/// splitting of contiguous groups, which no single store can do. The corresponding Linux type is
/// `arm_v7s_io_pgtable`.
public final class PageTable: Sendable {
  public let configuration: TableConfiguration
  public let machine: Machine
  /// Where the second-level tables come from.
  public let tables: TableMemory
  public let physical: PhysicalMemory
  /// The first level.
  public let root: PhysicalAddress

  let hooks: TableHooks
  let quirks: TableQuirks
  let faults: FaultSet
  let rules: TableRules
  /// Whether entries are cleaned after they are written.
  let cleansEntries: Bool
  /// What delays stores for the walker; nil if it sees them immediately, or once they are cleaned.
  private let buffers: WriteBuffers?
  /// The word of the first level's first entry.
  let rootWord: Int
  let inputEnd: UInt64
  let outputEnd: UInt64
  private let rootOrder: Int
  let guarded: Locked<Guarded>

  /// What the split lock guards.
  struct Guarded {
    /// Contiguous groups split so far.
    var splits: UInt64 = 0
    var isTornDown = false
  }

  /// An empty table.
  ///
  /// - Throws: `OutOfMemory` if there is no memory for the first level, or for a pool.
  /// - Precondition: `configuration.refusal` is nil.
  public init(
    _ configuration: TableConfiguration, in physical: PhysicalMemory, on machine: Machine,
    hooks: TableHooks = TableHooks()
  ) throws(OutOfMemory) {
    let setting = configuration.effective
    precondition(setting.refusal == nil, "\(setting.refusal!.rawValue)")
    self.configuration = setting
    self.machine = machine
    self.physical = physical
    self.hooks = hooks
    quirks = setting.quirks
    faults = setting.faults
    rules = setting.revision.tables
    cleansEntries = faults.contains(.p11) ? setting.isCoherent : !setting.isCoherent
    let isBuffered = setting.isCoherent && setting.buffersStores
    buffers = isBuffered ? WriteBuffers(physical, cpus: machine.cpuCount) : nil
    inputEnd = 1 << UInt64(setting.inputBits)
    outputEnd = 1 << UInt64(setting.outputBits)

    // Without the quirk neither the base register nor an entry holds more than 32 bits (rule 102).
    let zone: PhysicalMemory.Zone = quirks.contains(.extendedTables) ? .any : .low
    // A zone that the architecture does not have is no restriction.
    let forgetsZone =
      faults.contains(.p01) || faults.contains(.p01b)
      || faults.contains(.p01c) && configuration.hasDMAZone
    tables = try TableMemory(
      setting.strategy, in: forgetsZone ? .any : zone, of: physical, on: machine,
      debugging: setting.debugsSlabs, growsAnywhere: faults.contains(.p03))
    rootOrder = max(0, setting.inputBits - 20 + 2 - 12)
    guard machine.grantsMemory(on: CPU(0)),
      let root = physical.takePages(order: rootOrder, from: zone, on: CPU(0))
    else {
      tables.teardown(on: CPU(0))
      throw OutOfMemory()
    }
    self.root = root
    rootWord = physical.word(at: root)!
    guarded = Locked(Guarded(), .tableSplit, on: machine)
    clear(rootWord, count: setting.firstLevelSlots)
  }

  deinit { guarded.destroy() }

  // MARK: Looking up

  /// The physical address that an address is mapped to; nil if it is unmapped (rule 100).
  ///
  /// Reads the table as a CPU sees it, whatever the walker sees. The corresponding Linux name is
  /// `arm_v7s_iova_to_phys`.
  @inline(__always)
  public func translate(_ iova: DMAAddress) -> PhysicalAddress? {
    guard let (entry, size) = leaf(at: iova) else { return nil }
    let quirks = faults.contains(.p17) ? quirks.subtracting(.extendedOutput) : quirks
    return entry.output(size, quirks) + (iova.raw & (size.bytes - 1))
  }

  /// The entry that maps an address, and its block's size; nil if none does.
  @inline(__always)
  public func leaf(at iova: DMAAddress) -> (entry: Descriptor, size: BlockSize)? {
    let first = first(iova)
    switch first.kind(at: .first) {
    case .invalid: return nil
    case .block(let size): return (first, size)
    case .table:
      guard let table = physical.word(at: first.table(quirks)) else { return nil }
      let second = physical.load(table &+ secondIndex(iova.raw))
      guard case .block(let size) = second.kind(at: .second) else { return nil }
      return (second, size)
    }
  }

  /// The first-level entry of an address; invalid if it is too high.
  @inline(__always)
  func first(_ iova: DMAAddress) -> Descriptor {
    iova.raw < inputEnd ? physical.load(firstSlot(iova.raw)) : .invalid
  }

  /// The word of the first-level entry of an address.
  @inline(__always)
  func firstSlot(_ iova: UInt64) -> Int { rootWord &+ Int(truncatingIfNeeded: iova >> 20) }

  /// The index of an address in its second-level table.
  @inline(__always)
  func secondIndex(_ iova: UInt64) -> Int { Int(truncatingIfNeeded: iova >> 12 & 255) }

  // MARK: Writing

  /// Stores one entry in `count` words, and makes it visible to walkers (rule 103).
  ///
  /// All stores to tables in use go through here and through `exchange`.
  ///
  /// - Parameter isSplit: whether a group is being rewritten as single blocks.
  @inline(__always)
  func write(_ entry: Descriptor, at word: Int, count: Int, isSplit: Bool = false, on cpu: CPU) {
    if hooks.observe != nil { announce(entry, at: word, count, isSplit, cpu) }
    for index in word..<word &+ count { physical.store(entry, at: index) }
    if cleansEntries { physical.clean(word, count: count) }
    if let buffers { buffers.keep(word, count: count, on: cpu) }
  }

  @inline(never)
  private func announce(
    _ entry: Descriptor, at word: Int, _ count: Int, _ isSplit: Bool, _ cpu: CPU
  ) {
    let isFirst = word >= rootWord && word < rootWord + configuration.firstLevelSlots
    let index = isFirst ? word - rootWord : word & (TableLevel.secondLevelSlots - 1)
    let replaced = physical.load(word).raw
    let store = TableStore(
      entry.raw, replacing: replaced, isFirstLevel: isFirst, at: index, count: count,
      isSplit: isSplit)
    hooks.observe?(.stored(store), cpu)
  }

  /// Makes visible to the walker what this CPU has stored (rules 74, 95).
  @inline(__always)
  func barrier(on cpu: CPU) { buffers?.drain(on: cpu) }

  /// Makes one entry visible to the walker that was exchanged rather than stored, by any CPU.
  @inline(__always)
  func showExchanged(_ word: Int) {
    if cleansEntries || buffers != nil { physical.clean(word, count: 1) }
  }

  /// Zeroes words that no walker can reach yet; a table has to be clean before a walker gets it.
  func clear(_ word: Int, count: Int) {
    for index in word..<word + count { physical.store(.invalid, at: index) }
    if !configuration.isSeenAtOnce { physical.clean(word, count: count) }
  }

  // MARK: The end

  /// Gives all memory back; nothing may use the table from now on, not even walkers (rule 105).
  public func teardown(on cpu: CPU) {
    let isFirst = guarded.withLock(on: cpu) { guarded in
      defer { guarded.isTornDown = true }
      return !guarded.isTornDown
    }
    precondition(isFirst, "a page table is torn down once")
    hooks.observe?(.tornDown, cpu)
    for slot in 0..<configuration.firstLevelSlots {
      let entry = physical.load(rootWord + slot)
      if entry.isTable { release(entry.table(quirks), on: cpu) }
    }
    physical.returnPages(root, order: rootOrder, on: cpu)
    tables.teardown(on: cpu)
  }

  /// Returns to the initial state, without a lock and without an event; only while nobody runs, and
  /// together with the physical memory. O(first-level entries)
  func reset() {
    clear(rootWord, count: configuration.firstLevelSlots)
    guarded.reset { $0 = Guarded() }
    tables.reset()
    buffers?.reset()
  }

  /// Bytes of the first level.
  package var rootBytes: Int { 4096 << rootOrder }

  /// Bytes taken from memory for all tables. Takes the memory's lock.
  package var bytesTaken: Int { physical.pagesTaken * 4096 }

  /// Pages taken from memory for tables, or as many as are claimed to be, whichever is more.
  var pagesKept: Int { max(bytesTaken, tables.restingCounts.bytesHeld) / 4096 }

  /// Contiguous groups that were split; only while nobody runs.
  package var groupsSplit: UInt64 { guarded.inspect { $0.splits } }

  /// The number of first-level entries that point to a table. O(entries)
  package var linkedTables: Int {
    (0..<configuration.firstLevelSlots).count { physical.load(rootWord + $0).isTable }
  }

  func report(_ oops: Oops, _ cpu: CPU) {
    machine.supervisor.call { $0.oops(oops, on: cpu) }
  }
}
