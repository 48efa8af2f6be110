import Synchronization

/// An integer that a `Stage.Atomic` can change in place.
///
/// What the processor has no instruction for is a loop of exchanges: on x86 it is one in the
/// library as well, where the previous value is asked for.
public protocol StageInteger: FixedWidthInteger, AtomicRepresentable, BitwiseCopyable {
  /// Whether it was written, and the previous value.
  typealias Outcome = (exchanged: Bool, original: Self)

  /// Writes `new` if the value is `old`, in the one order of all such operations.
  static func exchange(_ word: borrowing Atomic<Self>, _ old: Self, _ new: Self) -> Outcome
}

extension StageInteger where AtomicRepresentation == UInt8.AtomicRepresentation {
  @inlinable
  public static func exchange(_ word: borrowing Atomic<Self>, _ old: Self, _ new: Self) -> Outcome {
    word.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent)
  }
}

extension StageInteger where AtomicRepresentation == UInt16.AtomicRepresentation {
  @inlinable
  public static func exchange(_ word: borrowing Atomic<Self>, _ old: Self, _ new: Self) -> Outcome {
    word.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent)
  }
}

extension StageInteger where AtomicRepresentation == UInt32.AtomicRepresentation {
  @inlinable
  public static func exchange(_ word: borrowing Atomic<Self>, _ old: Self, _ new: Self) -> Outcome {
    word.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent)
  }
}

extension StageInteger where AtomicRepresentation == UInt64.AtomicRepresentation {
  @inlinable
  public static func exchange(_ word: borrowing Atomic<Self>, _ old: Self, _ new: Self) -> Outcome {
    word.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent)
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
  /// What changed a value, and into what.
  public typealias Change = (oldValue: Value, newValue: Value)

  @inlinable
  borrowing func change(_ verb: StageVerb, _ body: (Value) -> Value) -> Change {
    reach(verb, changes: true)
    // Reads it: whatever it is, it stays as it is.
    var old = Value.exchange(inner, 0, 0).original
    while true {
      let new = body(old)
      let (exchanged, original) = Value.exchange(inner, old, new)
      if exchanged { return (old, new) }
      old = original
    }
  }

  /// Adds to the value, which must not overflow; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func add(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.adds) { $0 + operand }
  }

  /// Subtracts from the value, which must not overflow; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func subtract(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.adds) { $0 - operand }
  }

  /// Adds to the value, which may wrap around; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func wrappingAdd(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.adds) { $0 &+ operand }
  }

  /// Subtracts from the value, which may wrap around; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func wrappingSubtract(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change
  {
    change(.adds) { $0 &- operand }
  }

  /// Clears the bits that the operand has not; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func bitwiseAnd(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes) { $0 & operand }
  }

  /// Sets the bits that the operand has; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func bitwiseOr(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes) { $0 | operand }
  }

  /// Turns the bits that the operand has; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func bitwiseXor(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes) { $0 ^ operand }
  }

  /// Writes the operand if it is smaller; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func min(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes) { Swift.min($0, operand) }
  }

  /// Writes the operand if it is larger; returns it before and after.
  @inlinable
  @discardableResult
  public borrowing func max(_ operand: Value, ordering: AtomicUpdateOrdering) -> Change {
    change(.changes) { Swift.max($0, operand) }
  }
}

extension Stage.Atomic where Value == Bool {
  /// Turns the value off, unless the operand is on; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func logicalAnd(
    _ operand: Bool, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Bool, newValue: Bool) {
    reach(.changes, changes: true)
    return inner.logicalAnd(operand, ordering: ordering)
  }

  /// Turns the value on, if the operand is; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func logicalOr(
    _ operand: Bool, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Bool, newValue: Bool) {
    reach(.changes, changes: true)
    return inner.logicalOr(operand, ordering: ordering)
  }

  /// Turns the value over, if the operand is on; returns it before and after.
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
