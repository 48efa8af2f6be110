import Dispatch
import Synchronization

extension Stage {
  /// A count that threads wait for, shaped like `DispatchSemaphore`.
  ///
  /// ```swift
  /// let permits = Stage.Semaphore(value: 2, "permits")
  /// permits.wait()
  /// permits.signal()
  /// ```
  public final class Semaphore: Sendable {
    private let real: DispatchSemaphore
    private let count: Synchronization.Atomic<Int>
    private let place: StagePlace?
    private let owner: Stage?

    /// A semaphore that admits `value` threads.
    ///
    /// - Parameter name: its printed name; without one it is `semaphore 1`, `semaphore 2`, …
    public init(value: Int, _ name: String? = nil) {
      place = StagePlace.place("semaphore", name)
      owner = Stage.current
      // A semaphore destroyed below its initial value would trap.
      real = DispatchSemaphore(value: 0)
      if place == nil { for _ in 0..<value { real.signal() } }
      count = Synchronization.Atomic(value)
    }

    /// Waits until the count is above 0, and subtracts 1.
    public func wait() {
      guard let place else { return real.wait() }
      place.reach(.waits, changes: true)
      while count.load(ordering: .relaxed) <= 0 { place.rest() }
      count.subtract(1, ordering: .relaxed)
    }

    /// Waits at most that long until the count is above 0, and subtracts 1; false if it never was.
    /// On a stage it may give up at any time, since others may be arbitrarily slow.
    public func wait(milliseconds: UInt64) -> Bool {
      guard let place else {
        return real.wait(timeout: .now() + .milliseconds(Int(clamping: milliseconds))) == .success
      }
      place.reach(.givesUp, changes: true)
      guard count.load(ordering: .relaxed) > 0 else {
        place.lapse(milliseconds)
        return false
      }
      count.subtract(1, ordering: .relaxed)
      return true
    }

    /// Subtracts 1 if the count is above 0; false if it is not.
    public func tryWait() -> Bool {
      guard let place else { return real.wait(timeout: .now()) == .success }
      place.reach(.waits, changes: true)
      guard count.load(ordering: .relaxed) > 0 else { return false }
      count.subtract(1, ordering: .relaxed)
      return true
    }

    /// Adds 1, and wakes one of the waiting threads.
    public func signal() {
      guard let place else {
        real.signal()
        return
      }
      place.reach(.signals, changes: true)
      count.add(1, ordering: .relaxed)
      place.wake()
    }
  }
}
