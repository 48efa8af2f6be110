/// Where the second-level tables of one page table come from, and how many there are.
///
/// The owner of the lock; the strategy decides how memory is cut up and reused.
public final class TableMemory: Sendable {
  /// Where memory for tables of 1 KiB comes from.
  public enum Strategy: Hashable, Sendable {
    /// A cache of its own (from 5.1 on).
    case slab
    /// The system's cache of 1 KiB objects, which may or may not align them.
    case general
    /// All 4,096 possible tables, 4 MiB, taken at the start.
    case pool
    /// A pool that takes another 64 KiB when it is empty, for which it has to sleep.
    case growingPool
    /// Slices of larger chunks.
    case fragments
    /// A page of 4 KiB for each table: three quarters are wasted, and each is aligned.
    case pages
  }

  public struct Counts: Hashable, Sendable {
    /// Tables given out and not yet taken back.
    public var live = 0
    public var peakLive = 0
    /// Tables ever given out.
    public var made: UInt64 = 0
    /// Bytes that the strategy holds for second-level tables.
    public var bytesHeld = 0
    public var peakBytesHeld = 0
    /// Requests that failed.
    public var failures: UInt64 = 0
    /// Requests that failed because a pool was used up where it may not grow.
    public var refusedGrowths: UInt64 = 0
    /// How often something slept that was not allowed to.
    public var sleepsInAtomicContext: UInt64 = 0
  }

  public let strategy: Strategy
  let physical: PhysicalMemory
  private let machine: Machine
  private let zone: PhysicalMemory.Zone
  /// Whether an empty pool grows even where sleeping is forbidden.
  private let growsAnywhere: Bool
  private let state: Locked<State>
  /// The initial state.
  private let fresh: State

  /// log2 of the pages of a pool, and of the runs that a growing pool adds.
  private static let poolOrder = 10
  private static let growthOrder = 4

  struct State: Sendable {
    var counts = Counts()
    var live: Set<PhysicalAddress> = []
    var slab: TableSlab?
    var pool: TablePool?
    var fragments: TableFragments?
  }

  /// - Parameter debugging: whether the slabs put red zones around their objects.
  init(
    _ strategy: Strategy, in zone: PhysicalMemory.Zone, of physical: PhysicalMemory,
    on machine: Machine, debugging: Bool, growsAnywhere: Bool
  ) throws(OutOfMemory) {
    var state = State()
    switch strategy {
    case .slab, .general:
      state.slab = TableSlab(dedicated: strategy == .slab, debugging: debugging)
    case .pool:
      var pool = TablePool(order: TableMemory.poolOrder)
      guard machine.grantsMemory(on: CPU(0)),
        let run = physical.takePages(order: TableMemory.poolOrder, from: zone, on: CPU(0))
      else { throw OutOfMemory() }
      pool.add(run)
      state.pool = pool
    case .growingPool: state.pool = TablePool(order: TableMemory.growthOrder)
    case .fragments: state.fragments = TableFragments()
    case .pages: break
    }
    self.strategy = strategy
    self.physical = physical
    self.machine = machine
    self.zone = zone
    self.growsAnywhere = growsAnywhere
    state.recount()
    fresh = state
    self.state = Locked(state, .tableMemory, on: machine)
  }

  deinit { state.destroy() }

  public var counts: Counts { state.withLock(on: CPU(0)) { $0.counts } }

  /// The same without the lock; exact while nobody runs, else an estimate.
  package var restingCounts: Counts { state.inspect { $0.counts } }

  /// The tables given out and not yet taken back, in ascending order; only while nobody runs.
  package var liveTables: [PhysicalAddress] { state.inspect { $0.live.sorted() } }

  /// A table of 1 KiB with whatever its last owner left in it; nil if there is no memory.
  func take(_ context: MemoryContext, on cpu: CPU) -> PhysicalAddress? {
    state.withLock(on: cpu) { state in
      guard let table = take(context, &state, cpu) else {
        state.counts.failures += 1
        return nil
      }
      state.live.insert(table)
      state.counts.made += 1
      state.recount()
      return table
    }
  }

  /// A slab can refuse any object, chunks fail as a whole, and a pool already owns its memory.
  private func take(_ context: MemoryContext, _ state: inout State, _ cpu: CPU) -> PhysicalAddress?
  {
    switch strategy {
    case .slab, .general:
      guard isGranted(context, cpu) else { return nil }
      return state.slab!.take { physical.takePages(order: 0, from: zone, on: cpu) }
    case .pool: return state.pool!.take()
    case .growingPool:
      if state.pool!.isExhausted {
        guard context == .maySleep || growsAnywhere else {
          state.counts.refusedGrowths += 1
          return nil
        }
        if context == .atomic { state.counts.sleepsInAtomicContext += 1 }
        let order = TableMemory.growthOrder
        if let run = physical.takePages(order: order, from: zone, on: cpu) { state.pool!.add(run) }
      }
      return state.pool!.take()
    case .fragments:
      return state.fragments!.take {
        guard isGranted(context, cpu) else { return nil }
        return physical.takePages(order: TableFragments.order, from: zone, on: cpu)
      }
    case .pages:
      guard isGranted(context, cpu) else { return nil }
      return physical.takePages(order: 0, from: zone, on: cpu)
    }
  }

  /// A caller that may sleep waits until there is memory.
  private func isGranted(_ context: MemoryContext, _ cpu: CPU) -> Bool {
    context == .maySleep || machine.memory.grants(on: cpu)
  }

  /// Takes a table back. False, with nothing changed, if it was not given out.
  func giveBack(_ table: PhysicalAddress, on cpu: CPU) -> Bool {
    state.withLock(on: cpu) { state in
      guard state.live.remove(table) != nil else { return false }
      switch strategy {
      case .slab, .general:
        if let page = state.slab!.giveBack(table) {
          physical.returnPages(page, order: 0, on: cpu)
        }
      case .pool, .growingPool: state.pool!.giveBack(table)
      case .fragments:
        if let chunk = state.fragments!.giveBack(table) {
          physical.returnPages(chunk, order: TableFragments.order, on: cpu)
        }
      case .pages: physical.returnPages(table, order: 0, on: cpu)
      }
      state.recount()
      return true
    }
  }

  /// Returns to the initial state, without a lock; only while nobody runs, and together with the
  /// physical memory.
  func reset() { state.reset { $0 = fresh } }

  /// Gives back what is held although no table uses it: a pool, or the chunk that is being sliced.
  func teardown(on cpu: CPU) {
    state.withLock(on: cpu) { state in
      let order =
        strategy == .pool ? TableMemory.poolOrder : TableMemory.growthOrder
      for run in state.pool?.runs ?? [] { physical.returnPages(run, order: order, on: cpu) }
      state.pool = nil
      if let chunk = state.fragments?.takeCurrent() {
        physical.returnPages(chunk, order: TableFragments.order, on: cpu)
      }
      state.recount()
    }
  }
}

extension TableMemory.State {
  mutating func recount() {
    counts.live = live.count
    counts.peakLive = max(counts.peakLive, counts.live)
    let ofPages = live.count * Int(PhysicalMemory.pageBytes)
    counts.bytesHeld = slab?.bytesHeld ?? pool?.bytesHeld ?? fragments?.bytesHeld ?? ofPages
    counts.peakBytesHeld = max(counts.peakBytesHeld, counts.bytesHeld)
  }
}
