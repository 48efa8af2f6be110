import Synchronization

extension Stage {
  /// A lock and the state behind it, shaped like `Synchronization.Mutex`.
  ///
  /// On a stage, taking and releasing it are switch points; elsewhere it is `Synchronization.Mutex`
  /// plus one check of a word.
  ///
  /// ```swift
  /// let items = Stage.Mutex<[Int]>([], "items")
  /// items.withLock { $0.append(1) }
  /// ```
  public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let inner: Synchronization.Mutex<Value>
    @usableFromInline let place: StagePlace?
    @usableFromInline let owner: Stage?

    /// A free mutex.
    ///
    /// - Parameter name: its printed name; without one it is `mutex 1`, `mutex 2`, …
    @inlinable
    public init(_ value: consuming sending Value, _ name: String? = nil) {
      inner = Synchronization.Mutex(value)
      place = StagePlace.lock("mutex", name)
      owner = Stage.current
    }

    /// Runs `body` with the lock held, which is not recursive.
    @inlinable
    public borrowing func withLock<Result: ~Copyable, E: Error>(
      _ body: (inout sending Value) throws(E) -> sending Result
    ) throws(E) -> sending Result {
      guard let place else { return try inner.withLock(body) }
      place.take()
      defer { place.release() }
      return try inner.withLock(body)
    }

    /// Runs `body` if the lock is free; nil if it is not.
    @inlinable
    public borrowing func withLockIfAvailable<Result: ~Copyable, E: Error>(
      _ body: (inout sending Value) throws(E) -> sending Result
    ) throws(E) -> sending Result? {
      guard let place else { return try inner.withLockIfAvailable(body) }
      guard place.tryTake() else { return nil }
      defer { place.release() }
      return try inner.withLock(body)
    }
  }
}
