import Synchronization

extension Stage {
  /// A value that is read and changed atomically, shaped like `Synchronization.Atomic`.
  ///
  /// On a stage every operation is a switch point, and all of them happen in one order, whichever
  /// memory ordering is given; elsewhere it is `Synchronization.Atomic` plus one check of a word.
  ///
  /// ```swift
  /// let count = Stage.Atomic(0, "count")
  /// count.add(1, ordering: .relaxed)
  /// ```
  public struct Atomic<Value: AtomicRepresentable>: ~Copyable {
    @usableFromInline let inner: Synchronization.Atomic<Value>
    @usableFromInline let place: StagePlace?
    @usableFromInline let owner: Stage?

    /// An atomic that holds `value` at first.
    ///
    /// - Parameter name: its printed name; without one it is `atomic 1`, `atomic 2`, …
    @inlinable
    public init(_ value: consuming Value, _ name: String? = nil) {
      inner = Synchronization.Atomic(value)
      place = StagePlace.place("atomic", name)
      owner = Stage.current
    }

    /// Announces what happens next.
    @inlinable
    @inline(__always)
    public func reach(_ verb: StageVerb, changes: Bool) {
      if let place { place.reach(verb, changes: changes) }
    }
  }
}

extension Stage.Atomic: @unchecked Sendable where Value: Sendable {}
