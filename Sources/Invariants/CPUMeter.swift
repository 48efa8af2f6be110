import IOVA

/// What a law book counts for one CPU: the cost of the call in progress, and totals.
///
/// Written only by the thread that runs on that CPU.
struct CPUMeter {
  // The call in progress.
  var treeLocks = 0
  var depotLocks = 0
  var cacheLocks = 0
  var removed = 0
  var ringLocks = 0
  var invalidations = 0
  /// Ranges that left a ring.
  var released = 0
  /// The pfn that is being unmapped and is not queued yet; 0 if none.
  var clearing: UInt64 = 0
  var refusals: UInt64 = 0
  /// Whether it frees something that has no owner any more.
  var freesNothing = false
  /// Whether it frees immediately what it unmaps.
  var unmapsStrictly = false
  /// Whether a device's access has begun.
  var isAccessing = false
  /// Whether a hypervisor lacked resources for the map in progress.
  var shadowWasFull = false
  // Since the book was opened.
  /// The ranks of the locks that are held, one bit each.
  var heldLocks: UInt16 = 0
  /// Whether memory is refused to the CPU.
  var isStarved = false
  /// Requests for memory while it is that have not been refused yet; the low bits.
  var owed: UInt8 = 0
  /// The windows that it reached and that nothing has followed yet, one bit each.
  var windows: UInt32 = 0
  /// Requests for memory since T was taken, or since the book was reset.
  var asked: UInt32 = 0
  /// Ranges that left the free state or a cache, minus those that went back.
  var held = 0
  var parked = 0
  var queued = 0
  /// Ranges handed to callers, minus those that they gave back.
  var owned = 0
  /// When `clearing` was unmapped.
  var clearedAt: UInt64 = 0
  /// When the last invalidation began here, finished or not.
  var invalidatingSince: UInt64 = 0
  /// The model's state of a page when a device began to access it.
  var accessed: UInt64 = 0
  /// Requests for memory that were refused before the map in progress.
  var mapRefusals: UInt64 = 0
  /// The mask of the device of the map in progress, when that began.
  var mask = DeviceMasks.Reading()
  // Since the book was made.
  var occasions: UInt64 = 0
  var checks: UInt64 = 0
  var milestones: UInt64 = 0
  /// Since the book was opened. With it, a meter is found by a shift, and no two share a cache
  /// line.
  var tally = EventTally()

  @inline(__always)
  mutating func beginCall(_ refusals: UInt64) {
    treeLocks = 0
    depotLocks = 0
    cacheLocks = 0
    removed = 0
    ringLocks = 0
    invalidations = 0
    released = 0
    clearing = 0
    freesNothing = false
    unmapsStrictly = false
    self.refusals = refusals
  }

  @inline(__always)
  mutating func reached(_ milestone: Milestone) { milestones |= milestone.bit }
}

/// The meter of one CPU, looked up once in a callback and passed along.
typealias MeterRef = UnsafeMutablePointer<CPUMeter>

/// One meter for each CPU and one for the worker, each on its own cache lines.
struct CPUMeters: @unchecked Sendable {
  /// What one CPU counts and others may sum.
  struct Totals {
    var held = 0
    var parked = 0
    var queued = 0
    var owned = 0
  }

  /// The worker's meter, followed by those of the CPUs.
  private let cells: MeterRef
  private let count: Int

  init(count: Int) {
    assert(MemoryLayout<CPUMeter>.stride == 256, "a meter is no longer found by a shift")
    self.count = count + 1
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: (count + 1) * MemoryLayout<CPUMeter>.stride, alignment: 128)
    cells = raw.bindMemory(to: CPUMeter.self, capacity: count + 1)
    cells.initialize(repeating: CPUMeter(), count: count + 1)
  }

  func destroy() { UnsafeMutableRawPointer(cells).deallocate() }

  @inline(__always)
  subscript(cpu: CPU) -> MeterRef { cpu.isWorker ? cells : cells + (cpu.index &+ 1) }

  /// The sums over all CPUs; only while nobody runs.
  var totals: Totals {
    var totals = Totals()
    for index in 0..<count {
      totals.held &+= cells[index].held
      totals.parked &+= cells[index].parked
      totals.queued &+= cells[index].queued
      totals.owned &+= cells[index].owned
    }
    return totals
  }

  /// The events observed on all CPUs; only while nobody runs.
  var tally: EventTally {
    var tally = EventTally()
    for index in 0..<count { tally += cells[index].tally }
    return tally
  }

  /// Judgements passed on all CPUs; an estimate while CPUs run.
  var checks: UInt64 { (0..<count).reduce(0) { $0 + cells[$1].checks } }

  /// Milestones reached on any CPU.
  var milestones: UInt64 { (0..<count).reduce(0) { $0 | cells[$1].milestones } }

  /// Resets what belongs to one domain.
  func reset() {
    for index in 0..<count {
      cells[index].beginCall(0)
      cells[index].heldLocks = 0
      cells[index].windows = 0
      cells[index].asked = 0
      cells[index].isStarved = false
      cells[index].owed = 0
      cells[index].occasions = 0
      cells[index].held = 0
      cells[index].parked = 0
      cells[index].queued = 0
      cells[index].owned = 0
      cells[index].tally = EventTally()
    }
  }
}
