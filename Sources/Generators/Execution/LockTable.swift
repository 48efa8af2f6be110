import IOVA

/// Who holds which lock of a conducted machine, and who wants it.
///
/// Owner and wanters of a lock in one array each, indexed by a number per lock: a switch point
/// costs a few loads.
final class LockTable {
  private static let free = UInt8.max

  private let count: Int
  private let firstRing: Int
  private let firstOfTables: Int
  private let owners: UnsafeMutablePointer<UInt8>
  private let wanters: UnsafeMutablePointer<UInt64>

  /// - Parameter cpus: CPUs of the machine at most.
  init(cpus: Int) {
    firstRing = 8 + 6 * cpus
    firstOfTables = firstRing + cpus
    count = firstOfTables + 4
    owners = .allocate(capacity: count)
    wanters = .allocate(capacity: count)
    owners.initialize(repeating: Self.free, count: count)
    wanters.initialize(repeating: 0, count: count)
  }

  deinit {
    owners.deallocate()
    wanters.deallocate()
  }

  /// Nobody holds or wants anything.
  func reset() {
    owners.update(repeating: Self.free, count: count)
    wanters.update(repeating: 0, count: count)
  }

  /// A number for each lock: T, the worker's, then the depots, the CPUs' caches, the flush rings,
  /// and those of page tables.
  @inline(__always)
  func index(of lock: LockID) -> Int {
    switch lock.rank {
    case .rangeTree, .timers: 0
    case .worker: 1
    case .depot: 2 + Int(lock.sizeClass)
    case .flushRing: firstRing + Int(lock.cpu)
    case .cpuCache: 8 + Int(lock.cpu) * 6 + Int(lock.sizeClass)
    case .tableSplit: firstOfTables
    case .tableMemory: firstOfTables + 1
    case .physicalMemory: firstOfTables + 2
    case .attachment: firstOfTables + 3
    }
  }

  private func lock(at index: Int) -> LockID {
    switch index {
    case 0: .rangeTree
    case 1: .worker
    case 2..<8: .depot(index - 2)
    case firstOfTables: .tableSplit
    case firstOfTables + 1: .tableMemory
    case firstOfTables + 2: .physicalMemory
    case firstOfTables + 3: .attachment
    case firstRing...: .flushRing(CPU(index - firstRing))
    default: .cpuCache(CPU((index - 8) / 6), (index - 8) % 6)
    }
  }

  @inline(__always)
  func isTaken(_ index: Int) -> Bool { owners[index] != Self.free }

  /// Whether a resource is a lock that the actor holds.
  @inline(__always)
  func isTaken(_ resource: Resource, by actor: Int) -> Bool {
    isLock(resource) && owners[Int(resource.number)] == UInt8(truncatingIfNeeded: actor)
  }

  @inline(__always)
  func isLock(_ resource: Resource) -> Bool { resource.number < count }

  @inline(__always)
  func want(_ index: Int, _ actor: Int) {
    wanters[index] |= 1 &<< UInt64(truncatingIfNeeded: actor)
  }

  /// Gives a lock to an actor; returns who wants it now in vain.
  @inline(__always)
  func take(_ index: Int, _ actor: Int) -> UInt64 {
    owners[index] = UInt8(truncatingIfNeeded: actor)
    wanters[index] &= ~(1 &<< UInt64(truncatingIfNeeded: actor))
    return wanters[index]
  }

  /// Frees a lock; returns who may go on.
  @inline(__always)
  func release(_ index: Int) -> UInt64 {
    owners[index] = Self.free
    return wanters[index]
  }

  /// Who waits for a lock that another one holds.
  var waiting: UInt64 {
    (0..<count).reduce(0) { isTaken($1) ? $0 | wanters[$1] : $0 }
  }

  /// The lock that an actor wants, and who holds it.
  func wait(of actor: Int) -> (lock: LockID, owner: Int?)? {
    for index in 0..<count where wanters[index] & (1 << UInt64(actor)) != 0 {
      return (lock(at: index), isTaken(index) ? Int(owners[index]) : nil)
    }
    return nil
  }

  // MARK: What steps meet at, other than locks

  /// The timers of the machine.
  var timers: Resource { Resource(UInt32(count)) }

  /// The set of online CPUs.
  private var online: Resource { Resource(UInt32(count + 1)) }

  /// The counts of invalidations, and what these change.
  private var epoch: Resource { Resource(UInt32(count + 2)) }

  /// Whether the flush timer is on.
  private var timerFlag: Resource { Resource(UInt32(count + 3)) }

  /// Whether unmappings are deferred.
  private var mode: Resource { Resource(UInt32(count + 4)) }

  /// What devices can address.
  private var masks: Resource { Resource(UInt32(count + 6)) }

  /// Page tables, and what hardware remembers of them.
  private var translations: Resource { Resource(UInt32(count + 5)) }

  /// What the step after a window touches, and whether it changes that.
  @inline(__always)
  func resource(of window: Window) -> (Resource, writes: Bool) {
    switch window {
    case .onlineRead: (online, false)
    case .onlineChange: (online, true)
    case .timerArmed, .timerDue: (timers, true)
    case .epochRead: (epoch, false)
    case .epochChange, .invalidation: (epoch, true)
    case .timerFlagRead: (timerFlag, false)
    case .timerFlagChange: (timerFlag, true)
    case .modeRead: (mode, false)
    case .modeChange: (mode, true)
    case .maskRead: (masks, false)
    case .maskChange: (masks, true)
    case .translationsCleared, .tableInstall, .deviceAccess, .initialisation, .shadowRefresh:
      (translations, true)
    case .cpuSampled, .memoryAsked, .magazineFetched, .rangeFound, .stampTaken: (.none, false)
    }
  }

  /// What a handle stands for.
  func resource(of handle: Handle) -> Resource {
    Resource(UInt32(count + 7 + handle.number))
  }
}
