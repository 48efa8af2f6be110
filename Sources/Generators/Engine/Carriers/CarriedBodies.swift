/// What an execution consists of, made once for all executions of one program.
///
/// A class whose closures never change: calling one then costs no reference count, whereas one that
/// might be replaced during the call is kept alive for as long as that takes.
package final class CarriedBodies {
  /// Runs one CPU.
  let body: (Int) -> Void
  /// Asked, on a CPU whose body has returned, who goes on; nil if all have returned.
  let successor: (Int) -> Int?

  package init(body: @escaping (Int) -> Void, successor: @escaping (Int) -> Int?) {
    self.body = body
    self.successor = successor
  }
}

/// The execution in progress, where all CPUs find it; whoever runs it keeps it.
struct CarriedExecution {
  private var bodies: Unmanaged<CarriedBodies>?

  /// Whether there is one.
  var isPresent: Bool { bodies != nil }

  mutating func begin(_ bodies: CarriedBodies) {
    precondition(!isPresent, "a carrier runs one execution at a time")
    self.bodies = .passUnretained(bodies)
  }

  mutating func end() { bodies = nil }

  @inline(__always)
  func runBody(of cpu: Int) {
    bodies.unsafelyUnwrapped._withUnsafeGuaranteedRef { $0.body(cpu) }
  }

  @inline(__always)
  func successor(of cpu: Int) -> Int? {
    bodies.unsafelyUnwrapped._withUnsafeGuaranteedRef { $0.successor(cpu) }
  }
}
