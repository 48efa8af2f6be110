import IOVA

/// What one step turned out to do, as others may notice it: known only after it.
///
/// A step that takes a lock is announced as one that changes what the lock guards. Most change
/// nothing that matters, such as draining an empty depot, and two of those may be swapped.
struct Footprint {
  let announced: Step
  let isLock: Bool
  private var hasChanged = false
  private var hasOnlyPassed = false

  /// - Parameter isLock: whether the step takes a lock.
  init(_ announced: Step, isLock: Bool) {
    self.announced = announced
    self.isLock = isLock
  }

  var actor: Int { announced.cpu }

  mutating func note(_ event: DomainEvent) {
    switch event {
    case .began, .ended, .flushed, .drained, .found, .checked(_, wakes: false), .memoryRefused:
      break
    case .returnedNothing: hasOnlyPassed = true
    default: hasChanged = true
    }
  }

  /// - Parameter isHeld: whether the lock that the step took is still held: then it can't be
  ///   told yet what will change under it.
  func step(isHeld: Bool) -> Step {
    if isHeld || !isLock { return announced }
    if hasOnlyPassed, !hasChanged {
      return Step(cpu: announced.cpu, resource: .none, writes: false)
    }
    return Step(cpu: announced.cpu, resource: announced.resource, writes: hasChanged)
  }
}
