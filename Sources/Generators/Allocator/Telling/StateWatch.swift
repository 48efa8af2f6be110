import IOVA

/// Looks at the domain of a program while that runs, and knows what no snapshot tells: which handle
/// has a range, what was reserved, and when there is nothing to look at any more.
final class StateWatch {
  private let interpreter: Interpreter
  private var reserved: [PFNRange] = []
  private var isClosing = false

  init(_ interpreter: Interpreter) { self.interpreter = interpreter }

  /// - Parameter event: of the domain, as it happens.
  func hears(_ event: DomainEvent) {
    switch event {
    case .reserved(let range, true): reserved.append(range)
    case .closing: isClosing = true
    default: break
    }
  }

  /// The state now; nil if the domain is being torn down.
  var state: DomainState? {
    isClosing
      ? nil
      : DomainState(
        of: interpreter.domain,
        interpreter.handles.held.map { Holder($0.range, "held by \($0.handle)") }
          + reserved.map { Holder($0, "reserved", isExact: false) })
  }
}
