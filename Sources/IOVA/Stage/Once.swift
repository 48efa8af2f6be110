extension Stage {
  /// Runs something the first time it is asked to; all other callers wait until that is done.
  ///
  /// ```swift
  /// let once = Stage.Once("setup")
  /// once.run { table = makeTable() }
  /// ```
  public final class Once: @unchecked Sendable {
    private let lock: Lock
    private let isDone: Atomic<Bool>

    /// A `Once` that has not run anything yet.
    ///
    /// - Parameter name: its printed name; without one it is `lock 1`, …
    public init(_ name: String? = nil) {
      lock = Lock(name)
      isDone = Atomic(false, name.map { "\($0) is done" })
    }

    /// Runs `body` unless a body has already run.
    public func run(_ body: () -> Void) {
      if isDone.load(ordering: .acquiring) { return }
      lock.withLock {
        if isDone.load(ordering: .relaxed) { return }
        body()
        isDone.store(true, ordering: .releasing)
      }
    }
  }
}
