#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What AddressSanitizer has to be told, if this process runs under it: which stack is in use.
///
/// Its functions are looked up by name, since they exist only in a build with `--sanitize=address`.
package struct AddressSanitizer: Sendable {
  /// Nil without AddressSanitizer.
  package static let ofThisProcess: AddressSanitizer? = make()

  /// Where it keeps locals in order to notice that they are used too late.
  typealias FakeStack = UnsafeMutableRawPointer
  private typealias StartSwitch =
    @convention(c) @Sendable (
      UnsafeMutablePointer<FakeStack?>?, UnsafeRawPointer?, Int
    ) -> Void
  private typealias FinishSwitch =
    @convention(c) @Sendable (
      FakeStack?, UnsafeMutablePointer<UnsafeRawPointer?>?, UnsafeMutablePointer<Int>?
    ) -> Void

  private typealias Unpoison = @convention(c) @Sendable (UnsafeRawPointer, Int) -> Void

  private let unpoison: Unpoison
  private let startSwitch: StartSwitch
  private let finishSwitch: FinishSwitch

  private static func make() -> AddressSanitizer? {
    guard
      let start = dlsym(SanitizerSymbols.process, "__sanitizer_start_switch_fiber"),
      let finish = dlsym(SanitizerSymbols.process, "__sanitizer_finish_switch_fiber"),
      let unpoison = dlsym(SanitizerSymbols.process, "__asan_unpoison_memory_region"),
      // ThreadSanitizer's runtime knows the first two names as well.
      ThreadSanitizer.ofThisProcess == nil
    else { return nil }
    return AddressSanitizer(
      unpoison: unsafeBitCast(unpoison, to: Unpoison.self),
      startSwitch: unsafeBitCast(start, to: StartSwitch.self),
      finishSwitch: unsafeBitCast(finish, to: FinishSwitch.self))
  }

  /// Forgets the frames that a coroutine left behind which was given up: nobody leaves them.
  func forgetFrames(on stack: borrowing FiberStack) { unpoison(stack.bottom, stack.byteCount) }

  /// Before a switch, on the stack that is left.
  /// - Parameter kept: where to keep its fake stack.
  func start(
    _ kept: UnsafeMutablePointer<FakeStack?>?, bottom: UnsafeRawPointer?, byteCount: Int
  ) { startSwitch(kept, bottom, byteCount) }

  /// After a switch, on the stack that goes on.
  /// - Parameter kept: what it left behind; nil if it is new.
  /// - Parameter bottom: of the stack that was left.
  func finish(
    _ kept: FakeStack?, bottom: UnsafeMutablePointer<UnsafeRawPointer?>,
    byteCount: UnsafeMutablePointer<Int>
  ) { finishSwitch(kept, bottom, byteCount) }

  /// Frees what a coroutine left behind that nobody goes on with.
  ///
  /// Whoever calls this takes the fake stack for its own for a moment, and says that it leaves for
  /// ever. The coroutine cannot say so itself: its last frames would be freed under it. Nothing
  /// else is called in between, since its frame would be gone as well.
  /// - Parameter bottom: of the caller's own stack.
  func discard(_ kept: FakeStack, bottom: UnsafeRawPointer?, byteCount: Int) {
    let (start, finish) = (startSwitch, finishSwitch)
    var mine: FakeStack?
    start(&mine, bottom, byteCount)
    finish(kept, nil, nil)
    start(nil, bottom, byteCount)
    finish(mine, nil, nil)
  }
}
