#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What ThreadSanitizer has to be told, if this process runs under it.
///
/// Its functions are looked up by name, since they exist only in a build with `--sanitize=thread`.
package struct ThreadSanitizer: Sendable {
  /// Nil without ThreadSanitizer.
  package static let ofThisProcess: ThreadSanitizer? = make()

  /// A coroutine, as it knows it.
  typealias Fiber = UnsafeMutableRawPointer
  private typealias Create = @convention(c) @Sendable (UInt32) -> Fiber?
  private typealias Current = @convention(c) @Sendable () -> Fiber?
  private typealias Destroy = @convention(c) @Sendable (Fiber) -> Void
  typealias Switch = @convention(c) @Sendable (Fiber, UInt32) -> Void
  private typealias Annotate = @convention(c) @Sendable (UnsafePointer<CChar>?, Int32) -> Void

  /// Orders nothing by a switch. With an order no race would be left: whatever ran earlier would
  /// have happened before.
  static let withoutOrder: UInt32 = 1
  private static let withOrder: UInt32 = 0

  private let create: Create
  private let current: Current
  private let destroy: Destroy
  /// Says that the next thing on this thread is done by a coroutine.
  ///
  /// To be called by the very function that then switches: each call is noted down in the name of
  /// whoever makes it, so a function that returned in between would be taken off another's list.
  let switchTo: Switch
  private let ignore: Annotate
  private let watch: Annotate

  private static func make() -> ThreadSanitizer? {
    guard
      let create = dlsym(SanitizerSymbols.process, "__tsan_create_fiber"),
      let current = dlsym(SanitizerSymbols.process, "__tsan_get_current_fiber"),
      let destroy = dlsym(SanitizerSymbols.process, "__tsan_destroy_fiber"),
      let switchTo = dlsym(SanitizerSymbols.process, "__tsan_switch_to_fiber"),
      let ignore = dlsym(SanitizerSymbols.process, "AnnotateIgnoreReadsBegin"),
      let watch = dlsym(SanitizerSymbols.process, "AnnotateIgnoreReadsEnd")
    else { return nil }
    return ThreadSanitizer(
      create: unsafeBitCast(create, to: Create.self),
      current: unsafeBitCast(current, to: Current.self),
      destroy: unsafeBitCast(destroy, to: Destroy.self),
      switchTo: unsafeBitCast(switchTo, to: Switch.self),
      ignore: unsafeBitCast(ignore, to: Annotate.self),
      watch: unsafeBitCast(watch, to: Annotate.self))
  }

  /// Whoever calls this.
  func currentFiber() -> Fiber? { current() }

  /// A coroutine, which is not watched until it says `resume()`.
  func makeFiber() -> Fiber? {
    guard let fiber = create(0), let maker = current() else { return nil }
    switchTo(fiber, ThreadSanitizer.withOrder)
    pause()
    switchTo(maker, ThreadSanitizer.withOrder)
    return fiber
  }

  /// Forgets a coroutine that has left.
  func end(_ fiber: Fiber) {
    guard let ender = current() else { return }
    // It counts as a mistake to end unwatched.
    switchTo(fiber, ThreadSanitizer.withOrder)
    resume()
    switchTo(ender, ThreadSanitizer.withOrder)
    destroy(fiber)
  }

  /// Stops watching the CPU that calls this, until `resume()`; the two nest, CPU by CPU.
  ///
  /// For whoever conducts: its state is shared by all CPUs and kept whole by there being only one
  /// that runs, which is exactly what ThreadSanitizer is not told.
  package func pause() { ignore(nil, 0) }

  /// Watches the CPU that calls this again.
  package func resume() { watch(nil, 0) }
}

enum SanitizerSymbols {
  /// Where `dlsym` looks through everything that is loaded.
  static var process: UnsafeMutableRawPointer? {
    #if canImport(Darwin)
      UnsafeMutableRawPointer(bitPattern: -2)
    #else
      nil
    #endif
  }
}
