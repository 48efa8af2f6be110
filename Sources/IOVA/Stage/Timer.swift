import Dispatch
import Synchronization

extension Stage {
  /// Runs something after a given time, on a thread of its own.
  ///
  /// On a stage that thread may go on as soon as the timer is set, as others may be arbitrarily
  /// slow; timers go off in the order in which they are due, one at a time. What is due after all
  /// other threads have ended does not run.
  ///
  /// ```swift
  /// let timer = Stage.Timer("trim")
  /// timer.schedule(afterMilliseconds: 100) { cache.trim() }
  /// timer.cancel()
  /// ```
  public final class Timer: Sendable {
    private let place: StagePlace?
    private let owner: Stage?
    private let queue: DispatchQueue?
    private let setting = Setting()

    /// A timer that is not set.
    ///
    /// - Parameter name: its printed name; without one it is `timer 1`, `timer 2`, …
    public init(_ name: String? = nil) {
      place = StagePlace.timer(name)
      owner = Stage.current
      queue = place == nil ? DispatchQueue(label: name ?? "timer") : nil
    }

    /// Sets the timer, replacing any earlier setting.
    public func schedule(
      afterMilliseconds delay: UInt64, _ handler: @escaping @Sendable () -> Void
    ) {
      if let place {
        place.reach(.sets, changes: true)
        return place.arm(delay, handler)
      }
      let number = setting.next()
      queue?.asyncAfter(deadline: .now() + .milliseconds(Int(clamping: delay))) { [setting] in
        // What was set after this, or cancelled, is not run.
        if setting.isLast(number) { handler() }
      }
    }

    /// Cancels the timer, unless its work has begun; does not wait for that to end.
    public func cancel() {
      if let place {
        place.reach(.cancels, changes: true)
        return place.disarm()
      }
      setting.next()
    }
  }
}

/// Which setting of a timer counts: the last one.
private final class Setting: Sendable {
  private let number = Atomic<UInt64>(0)

  @discardableResult
  func next() -> UInt64 { number.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue }

  func isLast(_ number: UInt64) -> Bool { self.number.load(ordering: .acquiring) == number }
}
