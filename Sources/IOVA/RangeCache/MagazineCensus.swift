import Synchronization

/// Makes and releases a domain's magazines, and counts them.
final class MagazineCensus: Sendable {
  private let liveCount = Atomic<Int>(0)
  private let madeCount = Atomic<UInt64>(0)

  /// Magazines that exist now.
  var live: Int { liveCount.load(ordering: .relaxed) }

  /// Magazines ever made.
  var made: UInt64 { madeCount.load(ordering: .relaxed) }

  /// An empty magazine, or nil if the machine refuses the memory.
  func make(_ capacity: Int, on cpu: CPU, of machine: Machine) -> Magazine? {
    guard machine.grantsMemory(on: cpu) else { return nil }
    liveCount.add(1, ordering: .relaxed)
    madeCount.add(1, ordering: .relaxed)
    return Magazine(capacity: capacity)
  }

  /// Goes back to the counts of a domain that was just made.
  func reset(live: Int) {
    liveCount.store(live, ordering: .relaxed)
    madeCount.store(UInt64(live), ordering: .relaxed)
  }

  func release(_ magazine: Magazine) {
    liveCount.subtract(1, ordering: .relaxed)
    magazine.release()
  }
}
