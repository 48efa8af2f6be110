import Synchronization

/// An integer that a `Stage.Atomic` can change in place, whatever its size.
///
/// A change is a loop of exchanges. `Int`, `UInt`, `UInt32` and `UInt64` have the library's own
/// sums besides.
public protocol StageInteger: FixedWidthInteger, AtomicRepresentable, BitwiseCopyable {
  /// Writes `new` if the value is `old`; whether it did, and the previous value.
  static func stageExchange(
    _ word: borrowing Atomic<Self>, _ old: Self, _ new: Self, _ ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Self)
}

extension StageInteger where AtomicRepresentation == UInt8.AtomicRepresentation {
  /// Writes `new` if the value is `old`; whether it did, and the previous value.
  @inlinable
  public static func stageExchange(
    _ word: borrowing Atomic<Self>, _ old: Self, _ new: Self, _ ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Self) {
    switch ordering {
    case .relaxed: word.compareExchange(expected: old, desired: new, ordering: .relaxed)
    case .acquiring: word.compareExchange(expected: old, desired: new, ordering: .acquiring)
    case .releasing: word.compareExchange(expected: old, desired: new, ordering: .releasing)
    case .acquiringAndReleasing:
      word.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing)
    default:
      word.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent)
    }
  }
}

extension StageInteger where AtomicRepresentation == UInt16.AtomicRepresentation {
  /// Writes `new` if the value is `old`; whether it did, and the previous value.
  @inlinable
  public static func stageExchange(
    _ word: borrowing Atomic<Self>, _ old: Self, _ new: Self, _ ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Self) {
    switch ordering {
    case .relaxed: word.compareExchange(expected: old, desired: new, ordering: .relaxed)
    case .acquiring: word.compareExchange(expected: old, desired: new, ordering: .acquiring)
    case .releasing: word.compareExchange(expected: old, desired: new, ordering: .releasing)
    case .acquiringAndReleasing:
      word.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing)
    default:
      word.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent)
    }
  }
}

extension StageInteger where AtomicRepresentation == UInt32.AtomicRepresentation {
  /// Writes `new` if the value is `old`; whether it did, and the previous value.
  @inlinable
  public static func stageExchange(
    _ word: borrowing Atomic<Self>, _ old: Self, _ new: Self, _ ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Self) {
    switch ordering {
    case .relaxed: word.compareExchange(expected: old, desired: new, ordering: .relaxed)
    case .acquiring: word.compareExchange(expected: old, desired: new, ordering: .acquiring)
    case .releasing: word.compareExchange(expected: old, desired: new, ordering: .releasing)
    case .acquiringAndReleasing:
      word.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing)
    default:
      word.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent)
    }
  }
}

extension StageInteger where AtomicRepresentation == UInt64.AtomicRepresentation {
  /// Writes `new` if the value is `old`; whether it did, and the previous value.
  @inlinable
  public static func stageExchange(
    _ word: borrowing Atomic<Self>, _ old: Self, _ new: Self, _ ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Self) {
    switch ordering {
    case .relaxed: word.compareExchange(expected: old, desired: new, ordering: .relaxed)
    case .acquiring: word.compareExchange(expected: old, desired: new, ordering: .acquiring)
    case .releasing: word.compareExchange(expected: old, desired: new, ordering: .releasing)
    case .acquiringAndReleasing:
      word.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing)
    default:
      word.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent)
    }
  }
}

extension Int: StageInteger {}
extension UInt: StageInteger {}
extension Int8: StageInteger {}
extension UInt8: StageInteger {}
extension Int16: StageInteger {}
extension UInt16: StageInteger {}
extension Int32: StageInteger {}
extension UInt32: StageInteger {}
extension Int64: StageInteger {}
extension UInt64: StageInteger {}

extension Stage.Atomic where Value: StageInteger {
  /// The value before and after a change.
  public typealias Change = (oldValue: Value, newValue: Value)

  @inlinable
  borrowing func change(
    _ verb: StageVerb, _ ordering: AtomicUpdateOrdering, _ body: (Value) -> Value
  ) -> Change {
    reach(verb, changes: true)
    // Reads it: whatever it is, it stays as it is.
    var old = Value.stageExchange(inner, 0, 0, ordering).original
    while true {
      let new = body(old)
      let (exchanged, original) = Value.stageExchange(inner, old, new, ordering)
      if exchanged { return (old, new) }
      old = original
    }
  }

  /// Adds to the value, which must not overflow; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func add(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.adds, ordering) { $0 + operand }
  }

  /// Subtracts from the value, which must not overflow; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func subtract(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.adds, ordering) { $0 - operand }
  }

  /// Adds to the value, which may wrap around; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func wrappingAdd(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.adds, ordering) { $0 &+ operand }
  }

  /// Subtracts from the value, which may wrap around; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func wrappingSubtract(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change
  {
    change(.adds, ordering) { $0 &- operand }
  }

  /// Clears the bits that the operand has not; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func bitwiseAnd(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes, ordering) { $0 & operand }
  }

  /// Sets the bits that the operand has; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func bitwiseOr(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes, ordering) { $0 | operand }
  }

  /// Turns the bits that the operand has; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func bitwiseXor(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes, ordering) { $0 ^ operand }
  }

  /// Writes the operand if it is smaller; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func min(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes, ordering) { Swift.min($0, operand) }
  }

  /// Writes the operand if it is larger; returns the value before and after.
  @inlinable
  @discardableResult
  public borrowing func max(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes, ordering) { Swift.max($0, operand) }
  }
}

extension Stage.Atomic where Value == Bool {
  /// Turns the value off, unless the operand is on; returns the value before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func logicalAnd(
    _ operand: Bool, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Bool, newValue: Bool) {
    reach(.changes, changes: true)
    return inner.logicalAnd(operand, ordering: ordering)
  }

  /// Turns the value on, if the operand is; returns the value before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func logicalOr(
    _ operand: Bool, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Bool, newValue: Bool) {
    reach(.changes, changes: true)
    return inner.logicalOr(operand, ordering: ordering)
  }

  /// Turns the value over, if the operand is on; returns the value before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func logicalXor(
    _ operand: Bool, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Bool, newValue: Bool) {
    reach(.changes, changes: true)
    return inner.logicalXor(operand, ordering: ordering)
  }
}
