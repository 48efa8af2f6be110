import Synchronization

extension Stage {
  /// A lock without state, shaped like `NSLock`.
  ///
  /// On a stage, taking and releasing it are switch points.
  ///
  /// ```swift
  /// let lock = Stage.Lock("accounts")
  /// lock.withLock { balance += 1 }
  /// ```
  public final class Lock: @unchecked Sendable {
    private let real = RealLock()
    private let place: StagePlace?
    private let owner: Stage?

    /// A free lock.
    ///
    /// - Parameter name: its printed name; without one it is `lock 1`, `lock 2`, …
    public init(_ name: String? = nil) {
      place = StagePlace.lock("lock", name)
      owner = Stage.current
    }

    /// Takes the lock, which is not recursive.
    public func lock() {
      if let place { place.take() } else { real.lock() }
    }

    /// Releases the lock.
    public func unlock() {
      if let place { place.release() } else { real.unlock() }
    }

    /// Takes the lock if it is free; returns whether it did.
    public func `try`() -> Bool {
      if let place { place.tryTake() } else { real.tryLock() }
    }

    /// Runs `body` with the lock held.
    public func withLock<Result, E: Error>(_ body: () throws(E) -> Result) throws(E) -> Result {
      lock()
      defer { unlock() }
      return try body()
    }
  }
}
