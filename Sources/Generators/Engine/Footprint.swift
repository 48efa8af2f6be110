/// What one step turned out to do, as others may notice it: known only after it.
///
/// A step that takes a lock is announced as one that changes what the lock guards. Most change
/// nothing that matters, such as draining an empty depot, and two of those may be swapped.
struct Footprint {
  private(set) var announced: Step
  private var hasChanged = false
  private var hasOnlyPassed = false
  private var part: CallPart

  init(_ announced: Step) {
    self.announced = announced
    part = announced.part
  }

  var actor: Int { announced.cpu }

  /// What became of something in the step.
  enum Effect {
    /// Others may notice it.
    case changed
    /// Nothing came or went: the step only passed by.
    case passed
  }

  mutating func note(_ effect: Effect) {
    switch effect {
    case .changed: hasChanged = true
    case .passed: hasOnlyPassed = true
    }
  }

  /// A step that was announced as one of no consequence turned out to touch something.
  mutating func touch(_ resource: Resource) {
    guard announced.resource == .none else { return }
    announced = Step(cpu: announced.cpu, resource: resource, writes: true)
  }

  /// A call begins or ends in the step.
  mutating func note(_ part: CallPart) { self.part.formUnion(part) }

  /// - Parameter isHeld: whether the lock that the step took is still held: then it can't be
  ///   told yet what will change under it.
  func step(isHeld: Bool) -> Step {
    var step = announced
    if !isHeld, announced.resource.isLock {
      let isVain = hasOnlyPassed && !hasChanged
      step = Step(
        cpu: announced.cpu, resource: isVain ? .none : announced.resource,
        writes: !isVain && hasChanged)
    }
    step.part = part
    return step
  }
}
