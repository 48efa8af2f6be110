/// Who holds which lock, and who wants it.
///
/// Owner and wanters of a lock in one array each, indexed by its number: a switch point costs a few
/// loads.
final class LockTable {
  private static let free = UInt8.max

  /// How many locks there are.
  private(set) var count: Int
  private var capacity: Int
  private(set) var owners: UnsafeMutablePointer<UInt8>
  /// A bit for each actor.
  private(set) var wanters: UnsafeMutablePointer<UInt64>

  /// - Parameter count: locks that there are from the start.
  init(count: Int) {
    self.count = count
    capacity = max(16, count)
    owners = .allocate(capacity: capacity)
    wanters = .allocate(capacity: capacity)
    owners.initialize(repeating: Self.free, count: capacity)
    wanters.initialize(repeating: 0, count: capacity)
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

  /// Makes room for so many locks; those that are new are free.
  func reserve(_ count: Int) {
    if count > capacity { grow(to: max(count, 2 * capacity)) }
    self.count = max(self.count, count)
  }

  private func grow(to capacity: Int) {
    let (owners, wanters) = (self.owners, self.wanters)
    self.owners = .allocate(capacity: capacity)
    self.wanters = .allocate(capacity: capacity)
    self.owners.moveInitialize(from: owners, count: self.capacity)
    self.wanters.moveInitialize(from: wanters, count: self.capacity)
    (self.owners + self.capacity).initialize(
      repeating: Self.free, count: capacity - self.capacity)
    (self.wanters + self.capacity).initialize(repeating: 0, count: capacity - self.capacity)
    owners.deallocate()
    wanters.deallocate()
    self.capacity = capacity
  }

  @inline(__always)
  func isTaken(_ index: Int) -> Bool { owners[index] != Self.free }

  /// Whether a resource is a lock that the actor holds.
  @inline(__always)
  func isTaken(_ resource: Resource, by actor: Int) -> Bool {
    resource.isLock && owners[resource.index] == UInt8(truncatingIfNeeded: actor)
  }

  /// Who holds a lock; nil if nobody does.
  func owner(_ index: Int) -> Int? { isTaken(index) ? Int(owners[index]) : nil }

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

  /// The first lock that anybody holds; nil if all are free.
  var firstTaken: Int? { (0..<count).first(where: isTaken) }

  /// Who waits for a lock that another one holds.
  var waiting: UInt64 {
    (0..<count).reduce(0) { isTaken($1) ? $0 | wanters[$1] : $0 }
  }

  /// The lock that an actor wants; nil if none.
  func wanted(by actor: Int) -> Int? {
    (0..<count).first { wanters[$0] & (1 << UInt64(actor)) != 0 }
  }
}
