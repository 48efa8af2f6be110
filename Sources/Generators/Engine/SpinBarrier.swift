import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where threads wait for each other; the last to come does something first.
package final class SpinBarrier: Sendable {
  private static let spinsBeforeSleep = 1024
  private static let sleepMicroseconds: UInt32 = 50

  private let parties: Int
  private let arrived = Atomic<Int>(0)
  private let generation = Atomic<Int>(0)

  package init(parties: Int) { self.parties = parties }

  /// Waits until all have come; `last` runs on the last of them, before anybody goes on.
  package func wait(_ last: () -> Void = {}) {
    let mine = generation.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == parties {
      last()
      arrived.store(0, ordering: .relaxed)
      generation.store(mine + 1, ordering: .releasing)
      return
    }
    var spins = 0
    while generation.load(ordering: .acquiring) == mine {
      spins += 1
      // There may be more threads than cores: whoever waits long leaves the core to those who work.
      if spins > SpinBarrier.spinsBeforeSleep {
        usleep(SpinBarrier.sleepMicroseconds)
      } else if spins % 64 == 0 {
        sched_yield()
      }
    }
  }
}
