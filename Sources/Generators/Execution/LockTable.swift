import IOVA

/// Who holds which lock of a conducted machine, and who wants it.
///
/// Owner and wanters of a lock in one array each, indexed by a number per lock: a switch point
/// costs a few loads.
final class LockTable {
  private static let free = UInt8.max

  /// The locks in the order of their numbers, rank by rank.
  private let locks: [LockID]
  private var count: Int { locks.count }
  /// By rank, the number of its first lock, and how many each CPU has.
  private let ranks: UnsafeMutablePointer<(first: Int, ofCPU: Int)>
  private let owners: UnsafeMutablePointer<UInt8>
  /// A bit for each actor.
  private let wanters: UnsafeMutablePointer<UInt64>

  /// - Parameter cpus: CPUs of the machine at most.
  init(cpus: Int) {
    ranks = .allocate(capacity: LockRank.allCases.count)
    var locks: [LockID] = []
    for rank in LockRank.allCases {
      let ofCPU = LockID.all(of: rank, cpus: 1).count
      (ranks + Int(rank.rawValue)).initialize(to: (locks.count, ofCPU))
      locks += LockID.all(of: rank, cpus: cpus)
    }
    self.locks = locks
    owners = .allocate(capacity: locks.count)
    wanters = .allocate(capacity: locks.count)
    owners.initialize(repeating: Self.free, count: locks.count)
    wanters.initialize(repeating: 0, count: locks.count)
  }

  deinit {
    ranks.deallocate()
    owners.deallocate()
    wanters.deallocate()
  }

  /// Nobody holds or wants anything.
  func reset() {
    owners.update(repeating: Self.free, count: count)
    wanters.update(repeating: 0, count: count)
  }

  /// A number for each lock.
  @inline(__always)
  func index(of lock: LockID) -> Int {
    let rank = ranks[Int(lock.rank.rawValue)]
    return rank.first + Int(lock.cpu) * rank.ofCPU + Int(lock.sizeClass)
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
      return (locks[index], isTaken(index) ? Int(owners[index]) : nil)
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
