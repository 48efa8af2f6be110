import Synchronization

/// Which CPUs of a machine are plugged in.
struct OnlineCPUs: ~Copyable, Sendable {
  private let words0 = Atomic<UInt64>(.max)
  private let words1 = Atomic<UInt64>(.max)
  private let words2 = Atomic<UInt64>(.max)
  private let words3 = Atomic<UInt64>(.max)
  private let number: Atomic<Int>

  init(count: Int) { number = Atomic(count) }

  /// How many CPUs are online.
  var count: Int { number.load(ordering: .acquiring) }

  func contains(_ cpu: CPU) -> Bool {
    let bit: UInt64 = 1 << UInt64(cpu.index % 64)
    let word =
      switch cpu.index / 64 {
      case 0: words0.load(ordering: .acquiring)
      case 1: words1.load(ordering: .acquiring)
      case 2: words2.load(ordering: .acquiring)
      default: words3.load(ordering: .acquiring)
      }
    return word & bit != 0
  }

  /// Plugs all CPUs in again; only while nobody runs.
  func reset(count: Int) {
    guard self.count != count else { return }
    words0.store(.max, ordering: .relaxed)
    words1.store(.max, ordering: .relaxed)
    words2.store(.max, ordering: .relaxed)
    words3.store(.max, ordering: .relaxed)
    number.store(count, ordering: .releasing)
  }

  /// Adds or removes a CPU; false if nothing changed.
  func set(_ cpu: CPU, online: Bool) -> Bool {
    guard contains(cpu) != online else { return false }
    let bit: UInt64 = 1 << UInt64(cpu.index % 64)
    switch cpu.index / 64 {
    case 0: words0.bitwiseXor(bit, ordering: .acquiringAndReleasing)
    case 1: words1.bitwiseXor(bit, ordering: .acquiringAndReleasing)
    case 2: words2.bitwiseXor(bit, ordering: .acquiringAndReleasing)
    default: words3.bitwiseXor(bit, ordering: .acquiringAndReleasing)
    }
    number.add(online ? 1 : -1, ordering: .acquiringAndReleasing)
    return true
  }
}
