import Synchronization

/// A piece of work that runs once, some time after it was armed.
///
/// Its owner never arms it while it is armed.
public final class MachineTimer: Sendable {
  /// The work, given the CPU that it runs as.
  typealias Action = @Sendable (CPU) -> Void

  private let cancelled = Atomic<Bool>(false)

  init() {}

  /// Whether the timer must not run any more.
  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  func cancel() { cancelled.store(true, ordering: .releasing) }
}

/// The timers that are armed on a virtual clock, and that clock, in ms.
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

  /// Moves the clock to the next timer due by `end`, removes it and returns its work; moves the
  /// clock to `end` if there is none.
  ///
  /// Of several that are due at the same time, the one armed first comes first.
  mutating func takeDue(until end: UInt64) -> MachineTimer.Action? {
    var best: Int?
    for (index, entry) in armed.enumerated() where entry.due <= end {
      if let chosen = best, (armed[chosen].due, armed[chosen].order) <= (entry.due, entry.order) {
        continue
      }
      best = index
    }
    guard let best else {
      now = max(now, end)
      return nil
    }
    now = max(now, armed[best].due)
    return armed.remove(at: best).action
  }

  /// Disarms all timers and goes back to time 0.
  mutating func reset() {
    if !armed.isEmpty { armed.removeAll(keepingCapacity: true) }
    now = 0
    order = 0
  }

  var isEmpty: Bool { armed.isEmpty }

  func contains(_ timer: MachineTimer) -> Bool { armed.contains { $0.timer === timer } }

  /// Removes the timer that is due first, and returns its work; the clock stays.
  mutating func takeDue() -> MachineTimer.Action? {
    hasDue ? takeDue(until: now) : nil
  }

  /// Whether a timer is due.
  var hasDue: Bool { armed.contains { $0.due <= now } }

  /// Moves the clock past timers, which then wait to be run.
  mutating func move(by milliseconds: UInt64) { now += milliseconds }
}
