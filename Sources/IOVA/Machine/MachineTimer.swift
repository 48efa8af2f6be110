import Synchronization

/// A piece of work that runs once, some time after it was armed.
///
/// Whoever owns it never arms it while it is armed.
public final class MachineTimer: Sendable {
  /// What runs, as the CPU it is given.
  typealias Action = @Sendable (CPU) -> Void

  private let cancelled = Atomic<Bool>(false)

  init() {}

  /// Whether the timer must not run any more.
  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  func cancel() { cancelled.store(true, ordering: .releasing) }
}

/// The timers that are armed on a virtual clock, and that clock; ms.
struct TimerQueue: ~Copyable {
  struct Entry {
    let due: UInt64
    let order: UInt64
    let timer: MachineTimer
    let action: MachineTimer.Action
  }

  private(set) var now: UInt64 = 0
  private var armed: [Entry] = []
  private var order: UInt64 = 0

  mutating func arm(
    _ timer: MachineTimer, after delay: UInt64, _ action: @escaping MachineTimer.Action
  ) {
    order += 1
    armed.append(Entry(due: now + delay, order: order, timer: timer, action: action))
  }

  mutating func disarm(_ timer: MachineTimer) {
    armed.removeAll { $0.timer === timer }
  }

  mutating func tick() { now += 1 }

  /// Removes the timer that is due, the one armed first if there are several, and returns its work.
  mutating func takeDue() -> MachineTimer.Action? {
    var best: Int?
    for (index, entry) in armed.enumerated() where entry.due <= now {
      if let chosen = best, (armed[chosen].due, armed[chosen].order) <= (entry.due, entry.order) {
        continue
      }
      best = index
    }
    return best.map { armed.remove(at: $0).action }
  }

  var isEmpty: Bool { armed.isEmpty }
}
