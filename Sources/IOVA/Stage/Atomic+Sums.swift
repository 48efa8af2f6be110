import Synchronization

// Sums, as `Synchronization.Atomic` has them: by type.

extension Stage.Atomic where Value == Int {
  /// Adds to the value, which must not overflow; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func add(
    _ operand: Int, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Int, newValue: Int) {
    reach(.adds, changes: true)
    return inner.add(operand, ordering: ordering)
  }

  /// Subtracts from the value, which must not overflow; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func subtract(
    _ operand: Int, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Int, newValue: Int) {
    reach(.adds, changes: true)
    return inner.subtract(operand, ordering: ordering)
  }

  /// Adds to the value, which may wrap around; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func wrappingAdd(
    _ operand: Int, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Int, newValue: Int) {
    reach(.adds, changes: true)
    return inner.wrappingAdd(operand, ordering: ordering)
  }

  /// Subtracts from the value, which may wrap around; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func wrappingSubtract(
    _ operand: Int, ordering: AtomicUpdateOrdering
  ) -> (oldValue: Int, newValue: Int) {
    reach(.adds, changes: true)
    return inner.wrappingSubtract(operand, ordering: ordering)
  }
}

extension Stage.Atomic where Value == UInt {
  /// Adds to the value, which must not overflow; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func add(
    _ operand: UInt, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt, newValue: UInt) {
    reach(.adds, changes: true)
    return inner.add(operand, ordering: ordering)
  }

  /// Subtracts from the value, which must not overflow; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func subtract(
    _ operand: UInt, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt, newValue: UInt) {
    reach(.adds, changes: true)
    return inner.subtract(operand, ordering: ordering)
  }

  /// Adds to the value, which may wrap around; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func wrappingAdd(
    _ operand: UInt, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt, newValue: UInt) {
    reach(.adds, changes: true)
    return inner.wrappingAdd(operand, ordering: ordering)
  }

  /// Subtracts from the value, which may wrap around; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func wrappingSubtract(
    _ operand: UInt, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt, newValue: UInt) {
    reach(.adds, changes: true)
    return inner.wrappingSubtract(operand, ordering: ordering)
  }
}

extension Stage.Atomic where Value == UInt64 {
  /// Adds to the value, which must not overflow; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func add(
    _ operand: UInt64, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt64, newValue: UInt64) {
    reach(.adds, changes: true)
    return inner.add(operand, ordering: ordering)
  }

  /// Subtracts from the value, which must not overflow; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func subtract(
    _ operand: UInt64, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt64, newValue: UInt64) {
    reach(.adds, changes: true)
    return inner.subtract(operand, ordering: ordering)
  }

  /// Adds to the value, which may wrap around; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func wrappingAdd(
    _ operand: UInt64, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt64, newValue: UInt64) {
    reach(.adds, changes: true)
    return inner.wrappingAdd(operand, ordering: ordering)
  }

  /// Subtracts from the value, which may wrap around; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func wrappingSubtract(
    _ operand: UInt64, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt64, newValue: UInt64) {
    reach(.adds, changes: true)
    return inner.wrappingSubtract(operand, ordering: ordering)
  }
}

extension Stage.Atomic where Value == UInt32 {
  /// Adds to the value, which must not overflow; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func add(
    _ operand: UInt32, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt32, newValue: UInt32) {
    reach(.adds, changes: true)
    return inner.add(operand, ordering: ordering)
  }

  /// Subtracts from the value, which must not overflow; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func subtract(
    _ operand: UInt32, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt32, newValue: UInt32) {
    reach(.adds, changes: true)
    return inner.subtract(operand, ordering: ordering)
  }

  /// Adds to the value, which may wrap around; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func wrappingAdd(
    _ operand: UInt32, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt32, newValue: UInt32) {
    reach(.adds, changes: true)
    return inner.wrappingAdd(operand, ordering: ordering)
  }

  /// Subtracts from the value, which may wrap around; returns it before and after.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  @discardableResult
  public borrowing func wrappingSubtract(
    _ operand: UInt32, ordering: AtomicUpdateOrdering
  ) -> (oldValue: UInt32, newValue: UInt32) {
    reach(.adds, changes: true)
    return inner.wrappingSubtract(operand, ordering: ordering)
  }
}
