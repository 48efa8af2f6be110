#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Stage {
  /// A lock that many readers or one writer can hold.
  ///
  /// Neither kind has precedence, and no thread can take it twice: a reader that wants to write
  /// waits for itself.
  ///
  /// ```swift
  /// let lock = Stage.ReadWriteLock("table")
  /// let value = lock.withReadLock { table[key] }
  /// lock.withWriteLock { table[key] = value }
  /// ```
  public final class ReadWriteLock: @unchecked Sendable {
    private let real = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
    private let place: StagePlace?
    private let owner: Stage?
    // Used on a stage, where one thread runs at a time.
    private var readers = 0
    private var hasWriter = false

    /// A free lock.
    ///
    /// - Parameter name: its printed name; without one it is `readWriteLock 1`, …
    public init(_ name: String? = nil) {
      place = StagePlace.place("readWriteLock", name)
      owner = Stage.current
      real.initialize(to: pthread_rwlock_t())
      pthread_rwlock_init(real, nil)
    }

    deinit {
      pthread_rwlock_destroy(real)
      real.deallocate()
    }

    /// Takes the lock for reading.
    public func readLock() {
      guard let place else {
        pthread_rwlock_rdlock(real)
        return
      }
      place.reach(.enters, changes: true)
      while hasWriter { place.rest() }
      readers += 1
    }

    /// Takes the lock for writing.
    public func writeLock() {
      guard let place else {
        pthread_rwlock_wrlock(real)
        return
      }
      place.reach(.enters, changes: true)
      while hasWriter || readers > 0 { place.rest() }
      hasWriter = true
    }

    /// Releases the lock, whichever way it was taken.
    public func unlock() {
      guard let place else {
        pthread_rwlock_unlock(real)
        return
      }
      place.reach(.leaves, changes: true)
      if hasWriter { hasWriter = false } else { readers -= 1 }
      place.wake()
    }

    /// Runs `body` with the lock held for reading.
    public func withReadLock<Result, E: Error>(_ body: () throws(E) -> Result) throws(E) -> Result {
      readLock()
      defer { unlock() }
      return try body()
    }

    /// Runs `body` with the lock held for writing.
    public func withWriteLock<Result, E: Error>(_ body: () throws(E) -> Result) throws(E) -> Result
    {
      writeLock()
      defer { unlock() }
      return try body()
    }
  }
}
