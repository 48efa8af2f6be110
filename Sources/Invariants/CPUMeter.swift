import IOVA

/// What a law book counts for one CPU: the cost of the call in progress, and sums.
///
/// Written only by the thread that runs on that CPU.
struct CPUMeter {
  // The call in progress.
  var treeLocks = 0
  var depotLocks = 0
  var cacheLocks = 0
  var removed = 0
  /// Whether it frees what nobody owns any more.
  var freesNothing = false
  var refusals: UInt64 = 0
  var ringLocks = 0
  var invalidations = 0
  /// Ranges that left a ring.
  var released = 0
  /// Whether it frees at once what it unmaps.
  var unmapsStrictly = false
  /// The pfn that is being unmapped and was not queued, 0 if none, and when that was.
  var clearing: UInt64 = 0
  var clearedAt: UInt64 = 0
  /// When the last invalidation began here, be it over or not.
  var invalidatingSince: UInt64 = 0
  // Since the book was opened.
  /// The ranks of the locks that are held, a bit each.
  var heldLocks: UInt16 = 0
  /// Ranges that left the free state or a cache, less those that went back.
  var held = 0
  var parked = 0
  var queued = 0
  /// Ranges handed to callers, less those they gave back.
  var owned = 0
  // Since the book was made.
  var occasions: UInt64 = 0
  var checks: UInt64 = 0
  var milestones: UInt64 = 0

  mutating func beginCall(_ refusals: UInt64) {
    treeLocks = 0
    depotLocks = 0
    cacheLocks = 0
    removed = 0
    freesNothing = false
    ringLocks = 0
    invalidations = 0
    released = 0
    unmapsStrictly = false
    clearing = 0
    self.refusals = refusals
  }
}

/// One meter a CPU and one for the worker, each on cache lines of its own.
final class CPUMeters: @unchecked Sendable {
  private struct Padded {
    var meter = CPUMeter()
    var padding: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  }

  private let cells: UnsafeMutablePointer<Padded>
  private let count: Int

  init(count: Int) {
    self.count = count + 1
    cells = .allocate(capacity: count + 1)
    cells.initialize(repeating: Padded(), count: count + 1)
  }

  deinit { cells.deallocate() }

  subscript(cpu: CPU) -> CPUMeter {
    @inline(__always) get { cells[number(cpu)].meter }
    @inline(__always) _modify { yield &cells[number(cpu)].meter }
  }

  @inline(__always)
  private func number(_ cpu: CPU) -> Int { cpu.isWorker ? count - 1 : cpu.index }

  /// The sum of a count over all CPUs; only when nobody runs.
  @inline(__always)
  func total(_ field: (borrowing CPUMeter) -> Int) -> Int {
    var sum = 0
    for index in 0..<count { sum += field(cells[index].meter) }
    return sum
  }

  /// Judgements passed on all CPUs; an estimate while somebody runs.
  var checks: UInt64 { (0..<count).reduce(0) { $0 + cells[$1].meter.checks } }

  /// Milestones reached on any CPU.
  var milestones: UInt64 { (0..<count).reduce(0) { $0 | cells[$1].meter.milestones } }

  /// Forgets what belongs to one domain.
  func reset() {
    for index in 0..<count {
      cells[index].meter.beginCall(0)
      cells[index].meter.heldLocks = 0
      cells[index].meter.occasions = 0
      cells[index].meter.held = 0
      cells[index].meter.parked = 0
      cells[index].meter.queued = 0
      cells[index].meter.owned = 0
    }
  }
}
