/// Watches a machine from outside: told of locks, events, and asked for memory.
///
/// Every call may come from any thread, with the lock it names held (`releasing`, `observed`). A
/// supervisor never calls back into the domain it watches, except for what is said to be readable
/// while a lock is held.
public protocol Supervisor: AnyObject, Sendable {
  /// The CPU is about to wait for a lock.
  func acquiring(_ lock: LockID, on cpu: CPU)

  /// The lock is still held, and is released right after this call: whatever it guards is lawful
  /// now.
  func releasing(_ lock: LockID, on cpu: CPU)

  /// The lock was released: nothing it guards may be looked at any more.
  func released(_ lock: LockID, on cpu: CPU)

  /// The CPU stands at a window: others may go first.
  func reached(_ window: Window, on cpu: CPU)

  /// Something happened under the lock that guards it.
  func observed(_ event: DomainEvent, on cpu: CPU)

  /// Something was about to be dereferenced that is not there; the kernel would have stopped.
  func oops(_ oops: Oops, on cpu: CPU)
}

extension Supervisor {
  /// Only of interest to whoever decides who runs.
  public func released(_ lock: LockID, on cpu: CPU) {}

  /// Only of interest to whoever decides who runs.
  public func reached(_ window: Window, on cpu: CPU) {}
}

/// What the kernel would have died of.
public enum Oops: String, Sendable {
  case cachedNodeIsNil = "the cached node is nil, and is dereferenced"
  case cachedNodeWasFreed = "the cached node was freed, and is used"
  case anchorIsReleased = "the anchor is given back, and is no range object of the slab"
  case depotIsEmpty = "a magazine is taken from an empty depot"
  case magazineIsNil = "a range is pushed into a magazine that does not exist"
  case rangeWasFreed = "a range is removed that was freed"
  case domainIsUninitialised = "a domain is taken apart that was never initialised"
  case queueIsNil = "a range is queued in a flush queue that does not exist"
  case tableIsAbsent = "a table is used that does not exist"
  case absentTableIsReleased = "a table is given back that nobody has"
  case walkDidNotEnd = "a walk over the tree saw more ranges than there are"
}
