/// Watches a machine from outside: is told of locks and events, and decides about memory.
///
/// Every call may come from any thread; `releasing` and `observed` come with the lock held. A
/// supervisor never calls back into the domain that it watches, except for what is documented as
/// readable while a lock is held.
public protocol Supervisor: AnyObject, Sendable {
  /// The CPU is about to wait for a lock.
  func acquiring(_ lock: LockID, on cpu: CPU)

  /// The lock is still held, and is released right after this call: its state is lawful now.
  func releasing(_ lock: LockID, on cpu: CPU)

  /// The lock was released: its state must not be read any more.
  func released(_ lock: LockID, on cpu: CPU)

  /// The CPU stands at a window: others may go first.
  func reached(_ window: Window, on cpu: CPU)

  /// Something happened under the lock that guards it.
  func observed(_ event: DomainEvent, on cpu: CPU)

  /// Something that is not there was about to be dereferenced; the kernel would have crashed.
  func oops(_ oops: Oops, on cpu: CPU)
}

extension Supervisor {
  /// Matters only to a supervisor that decides who runs.
  public func released(_ lock: LockID, on cpu: CPU) {}

  /// Matters only to a supervisor that decides who runs.
  public func reached(_ window: Window, on cpu: CPU) {}
}

/// What the kernel would have crashed of.
public enum Oops: String, Sendable {
  case cachedNodeIsNil = "a nil cached node is dereferenced"
  case cachedNodeWasFreed = "a freed cached node is used"
  case anchorIsReleased = "the anchor is given back, which is no range object of the slab"
  case depotIsEmpty = "a magazine is taken from an empty depot"
  case magazineIsNil = "a range is pushed into a magazine that does not exist"
  case rangeWasFreed = "a range is removed that was freed"
  case domainIsUninitialised = "a domain that was never initialised is torn down"
  case queueIsNil = "a range is queued in a flush queue that does not exist"
  case tableIsAbsent = "a table that does not exist is used"
  case absentTableIsReleased = "a table that does not exist is given back"
  case walkDidNotEnd = "a walk over the tree saw more ranges than there are"
}
