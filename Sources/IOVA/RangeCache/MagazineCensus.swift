import Synchronization

/// Makes and releases a domain's magazines, and counts them.
///
/// On a supervised machine it knows each of them, so that no judge follows a link to something that
/// is no magazine; and it reuses released memory, the last released first, so that two magazines
/// share an address where they would in a slab of the kernel's.
final class MagazineCensus: Sendable {
  private let liveCount = Atomic<Int>(0)
  private let madeCount = Atomic<UInt64>(0)
  /// Nil on a machine without a supervisor.
  private let register: Locked<Register>?

  /// The addresses of magazines, present and past.
  private struct Register: Sendable {
    var known: Set<UInt> = []
    /// Of the addresses of present magazines, modulo 2^64.
    var sum: UInt = 0
    var released: [UInt] = []

    mutating func enter(_ magazine: Magazine) {
      known.insert(magazine.address)
      sum &+= magazine.address
    }

    /// False if there is no such magazine.
    mutating func strike(_ magazine: Magazine) -> Bool {
      guard known.remove(magazine.address) != nil else { return false }
      sum &-= magazine.address
      return true
    }

    /// Frees the memory of released magazines.
    mutating func forgetReleased() {
      for address in released { Magazine(at: address)?.release() }
      released.removeAll(keepingCapacity: true)
    }
  }

  init(on machine: Machine) {
    register =
      machine.supervisor.isLive
      ? Locked(Register(), .physicalMemory, supervisor: SupervisorLink(nil), locking: .spin) : nil
  }

  deinit {
    register?.dismantle { $0.forgetReleased() }
    register?.destroy()
  }

  /// Magazines that exist now.
  var live: Int { liveCount.load(ordering: .relaxed) }

  /// Magazines ever made.
  var made: UInt64 { madeCount.load(ordering: .relaxed) }

  /// An empty magazine, or nil if the machine refuses the memory.
  func make(_ capacity: Int, on cpu: CPU, of machine: Machine) -> Magazine? {
    guard machine.grantsMemory(on: cpu) else { return nil }
    liveCount.add(1, ordering: .relaxed)
    madeCount.add(1, ordering: .relaxed)
    guard let register else { return Magazine(capacity: capacity) }
    return register.withLock(on: cpu) { register in
      let magazine =
        register.released.popLast().flatMap { Magazine(at: $0) } ?? Magazine(capacity: capacity)
      magazine.removeAll()
      register.enter(magazine)
      return magazine
    }
  }

  /// Whether there is such a magazine; true without a register.
  func knows(_ magazine: Magazine) -> Bool {
    register?.withLock(on: CPU(0)) { $0.known.contains(magazine.address) } ?? true
  }

  /// Whether the addresses of all magazines add up to `sum`, so that none is held twice, lost, or
  /// held after its release; true without a register.
  func areAll(ofSum sum: UInt) -> Bool {
    register?.withLock(on: CPU(0)) { $0.sum == sum } ?? true
  }

  /// Resets the counts to those of a new domain.
  func reset(live: Int) {
    register?.dismantle { $0.forgetReleased() }
    liveCount.store(live, ordering: .relaxed)
    madeCount.store(UInt64(live), ordering: .relaxed)
  }

  /// Something that is no magazine any more is not released again; the count shows it.
  func release(_ magazine: Magazine) {
    liveCount.subtract(1, ordering: .relaxed)
    guard let register else { return magazine.release() }
    register.withLock(on: CPU(0)) { register in
      if register.strike(magazine) { register.released.append(magazine.address) }
    }
  }

  /// Releases all that are left, wherever they are linked.
  func releaseAll() {
    register?.withLock(on: CPU(0)) { register in
      for address in register.known { Magazine(at: address)?.release() }
      register.known.removeAll()
      register.sum = 0
    }
    liveCount.store(0, ordering: .relaxed)
  }
}
