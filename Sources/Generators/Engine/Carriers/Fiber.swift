/// What is known of one coroutine, or of the worker that runs them all.
///
/// Plain words at a fixed address, since machine code and sanitizers write some of them.
struct Fiber {
  /// Where to go on by `OwnSwitch`, which expects it first.
  var stackPointer: UnsafeMutableRawPointer?
  /// Where to go on by `UserContextSwitch`.
  var context: UnsafeMutableRawPointer?
  /// Which CPU it carries; the worker has the number after the last.
  let cpu: Int
  /// The carrier, which outlives it.
  let carrier: Unmanaged<FiberCarrier>
  var stackBottom: UnsafeRawPointer?
  var stackByteCount = 0
  /// ThreadSanitizer's name for it.
  var sanitized: ThreadSanitizer.Fiber?
  /// AddressSanitizer's copy of its locals.
  var fakeStack: AddressSanitizer.FakeStack?
  /// Who switched to it last.
  var predecessor: UnsafeMutablePointer<Fiber>?

  init(cpu: Int, carrier: FiberCarrier) {
    self.cpu = cpu
    self.carrier = Unmanaged.passUnretained(carrier)
  }
}
