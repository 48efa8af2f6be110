import Synchronization

// The operations of `Synchronization.Atomic`, for each size of the stored value, as in the library.
// Orderings have to be constants at the call site, hence the attributes.

/// Values of one byte, such as `Bool`.
extension Stage.Atomic where Value.AtomicRepresentation == UInt8.AtomicRepresentation {
  /// Reads the value.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func load(ordering: AtomicLoadOrdering) -> Value {
    reach(.loads, changes: false)
    return inner.load(ordering: ordering)
  }

  /// Writes a value.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func store(_ desired: consuming Value, ordering: AtomicStoreOrdering) {
    reach(.stores, changes: true)
    inner.store(desired, ordering: ordering)
  }

  /// Writes a value; returns the previous one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func exchange(
    _ desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> Value {
    reach(.exchanges, changes: true)
    return inner.exchange(desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected; returns whether it did, and the previous
  /// one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func compareExchange(
    expected: consuming Value, desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    return inner.compareExchange(expected: expected, desired: desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected, with an ordering of its own if it is not;
  /// returns whether it did, and the previous one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func compareExchange(
    expected: consuming Value, desired: consuming Value,
    successOrdering: AtomicUpdateOrdering, failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    return inner.compareExchange(
      expected: expected, desired: desired, successOrdering: successOrdering,
      failureOrdering: failureOrdering)
  }

  /// Writes a value if the present one is as expected; returns whether it did, and the previous
  /// one. Off a stage it may fail where the value is as expected.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func weakCompareExchange(
    expected: consuming Value, desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    if place != nil {
      return inner.compareExchange(expected: expected, desired: desired, ordering: ordering)
    }
    return inner.weakCompareExchange(expected: expected, desired: desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected, with an ordering of its own if it fails;
  /// returns whether it did, and the previous one. Off a stage it may fail where the value is as
  /// expected.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func weakCompareExchange(
    expected: consuming Value, desired: consuming Value,
    successOrdering: AtomicUpdateOrdering, failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    if place != nil {
      return inner.compareExchange(
        expected: expected, desired: desired, successOrdering: successOrdering,
        failureOrdering: failureOrdering)
    }
    return inner.weakCompareExchange(
      expected: expected, desired: desired, successOrdering: successOrdering,
      failureOrdering: failureOrdering)
  }
}

/// Values of two bytes.
extension Stage.Atomic where Value.AtomicRepresentation == UInt16.AtomicRepresentation {
  /// Reads the value.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func load(ordering: AtomicLoadOrdering) -> Value {
    reach(.loads, changes: false)
    return inner.load(ordering: ordering)
  }

  /// Writes a value.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func store(_ desired: consuming Value, ordering: AtomicStoreOrdering) {
    reach(.stores, changes: true)
    inner.store(desired, ordering: ordering)
  }

  /// Writes a value; returns the previous one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func exchange(
    _ desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> Value {
    reach(.exchanges, changes: true)
    return inner.exchange(desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected; returns whether it did, and the previous
  /// one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func compareExchange(
    expected: consuming Value, desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    return inner.compareExchange(expected: expected, desired: desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected, with an ordering of its own if it is not;
  /// returns whether it did, and the previous one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func compareExchange(
    expected: consuming Value, desired: consuming Value,
    successOrdering: AtomicUpdateOrdering, failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    return inner.compareExchange(
      expected: expected, desired: desired, successOrdering: successOrdering,
      failureOrdering: failureOrdering)
  }

  /// Writes a value if the present one is as expected; returns whether it did, and the previous
  /// one. Off a stage it may fail where the value is as expected.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func weakCompareExchange(
    expected: consuming Value, desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    if place != nil {
      return inner.compareExchange(expected: expected, desired: desired, ordering: ordering)
    }
    return inner.weakCompareExchange(expected: expected, desired: desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected, with an ordering of its own if it fails;
  /// returns whether it did, and the previous one. Off a stage it may fail where the value is as
  /// expected.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func weakCompareExchange(
    expected: consuming Value, desired: consuming Value,
    successOrdering: AtomicUpdateOrdering, failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    if place != nil {
      return inner.compareExchange(
        expected: expected, desired: desired, successOrdering: successOrdering,
        failureOrdering: failureOrdering)
    }
    return inner.weakCompareExchange(
      expected: expected, desired: desired, successOrdering: successOrdering,
      failureOrdering: failureOrdering)
  }
}

/// Values of four bytes.
extension Stage.Atomic where Value.AtomicRepresentation == UInt32.AtomicRepresentation {
  /// Reads the value.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func load(ordering: AtomicLoadOrdering) -> Value {
    reach(.loads, changes: false)
    return inner.load(ordering: ordering)
  }

  /// Writes a value.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func store(_ desired: consuming Value, ordering: AtomicStoreOrdering) {
    reach(.stores, changes: true)
    inner.store(desired, ordering: ordering)
  }

  /// Writes a value; returns the previous one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func exchange(
    _ desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> Value {
    reach(.exchanges, changes: true)
    return inner.exchange(desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected; returns whether it did, and the previous
  /// one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func compareExchange(
    expected: consuming Value, desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    return inner.compareExchange(expected: expected, desired: desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected, with an ordering of its own if it is not;
  /// returns whether it did, and the previous one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func compareExchange(
    expected: consuming Value, desired: consuming Value,
    successOrdering: AtomicUpdateOrdering, failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    return inner.compareExchange(
      expected: expected, desired: desired, successOrdering: successOrdering,
      failureOrdering: failureOrdering)
  }

  /// Writes a value if the present one is as expected; returns whether it did, and the previous
  /// one. Off a stage it may fail where the value is as expected.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func weakCompareExchange(
    expected: consuming Value, desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    if place != nil {
      return inner.compareExchange(expected: expected, desired: desired, ordering: ordering)
    }
    return inner.weakCompareExchange(expected: expected, desired: desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected, with an ordering of its own if it fails;
  /// returns whether it did, and the previous one. Off a stage it may fail where the value is as
  /// expected.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func weakCompareExchange(
    expected: consuming Value, desired: consuming Value,
    successOrdering: AtomicUpdateOrdering, failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    if place != nil {
      return inner.compareExchange(
        expected: expected, desired: desired, successOrdering: successOrdering,
        failureOrdering: failureOrdering)
    }
    return inner.weakCompareExchange(
      expected: expected, desired: desired, successOrdering: successOrdering,
      failureOrdering: failureOrdering)
  }
}

/// Values of eight bytes, such as `Int` and pointers.
extension Stage.Atomic where Value.AtomicRepresentation == UInt64.AtomicRepresentation {
  /// Reads the value.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func load(ordering: AtomicLoadOrdering) -> Value {
    reach(.loads, changes: false)
    return inner.load(ordering: ordering)
  }

  /// Writes a value.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func store(_ desired: consuming Value, ordering: AtomicStoreOrdering) {
    reach(.stores, changes: true)
    inner.store(desired, ordering: ordering)
  }

  /// Writes a value; returns the previous one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func exchange(
    _ desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> Value {
    reach(.exchanges, changes: true)
    return inner.exchange(desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected; returns whether it did, and the previous
  /// one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func compareExchange(
    expected: consuming Value, desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    return inner.compareExchange(expected: expected, desired: desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected, with an ordering of its own if it is not;
  /// returns whether it did, and the previous one.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func compareExchange(
    expected: consuming Value, desired: consuming Value,
    successOrdering: AtomicUpdateOrdering, failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    return inner.compareExchange(
      expected: expected, desired: desired, successOrdering: successOrdering,
      failureOrdering: failureOrdering)
  }

  /// Writes a value if the present one is as expected; returns whether it did, and the previous
  /// one. Off a stage it may fail where the value is as expected.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func weakCompareExchange(
    expected: consuming Value, desired: consuming Value, ordering: AtomicUpdateOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    if place != nil {
      return inner.compareExchange(expected: expected, desired: desired, ordering: ordering)
    }
    return inner.weakCompareExchange(expected: expected, desired: desired, ordering: ordering)
  }

  /// Writes a value if the present one is as expected, with an ordering of its own if it fails;
  /// returns whether it did, and the previous one. Off a stage it may fail where the value is as
  /// expected.
  @_semantics("atomics.requires_constant_orderings")
  @_transparent
  public borrowing func weakCompareExchange(
    expected: consuming Value, desired: consuming Value,
    successOrdering: AtomicUpdateOrdering, failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    reach(.compares, changes: true)
    if place != nil {
      return inner.compareExchange(
        expected: expected, desired: desired, successOrdering: successOrdering,
        failureOrdering: failureOrdering)
    }
    return inner.weakCompareExchange(
      expected: expected, desired: desired, successOrdering: successOrdering,
      failureOrdering: failureOrdering)
  }
}
