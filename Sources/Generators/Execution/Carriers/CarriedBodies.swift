/// What an execution consists of, where all CPUs find it.
///
/// In memory of its own, since a closure in a property of a class costs two reference counts and
/// an access check each time it is called.
struct CarriedBodies {
  private struct Closures {
    let body: (Int) -> Void
    let successor: (Int) -> Int?
  }

  private let closures = UnsafeMutablePointer<Closures>.allocate(capacity: 1)
  private let isSet = UnsafeMutablePointer<Bool>.allocate(capacity: 1)

  init() { isSet.initialize(to: false) }

  func destroy() {
    closures.deallocate()
    isSet.deallocate()
  }

  /// Before an execution.
  func set(body: @escaping (Int) -> Void, successor: @escaping (Int) -> Int?) {
    precondition(!isSet.pointee, "a carrier runs one execution at a time")
    closures.initialize(to: Closures(body: body, successor: successor))
    isSet.pointee = true
  }

  /// After an execution.
  func clear() {
    isSet.pointee = false
    closures.deinitialize(count: 1)
  }

  /// Whether there is an execution.
  var isPresent: Bool { isSet.pointee }

  @inline(__always)
  func runBody(of cpu: Int) { closures.pointee.body(cpu) }

  @inline(__always)
  func successor(of cpu: Int) -> Int? { closures.pointee.successor(cpu) }
}
