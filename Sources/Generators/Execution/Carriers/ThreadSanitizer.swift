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
  private typealias Switch = @convention(c) @Sendable (Fiber, UInt32) -> Void
  private typealias Annotate = @convention(c) @Sendable (UnsafePointer<CChar>?, Int32) -> Void

  private let create: Create
  private let current: Current
  private let destroy: Destroy
  private let switchTo: Switch
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

  func makeFiber() -> Fiber? { create(0) }
  func currentFiber() -> Fiber? { current() }
  func end(_ fiber: Fiber) { destroy(fiber) }

  /// Says that the next thing on this thread is done by `fiber`, and orders nothing by it.
  ///
  /// With an order no race would be left: whatever ran earlier would have happened before.
  @inline(__always)
  func announce(_ fiber: Fiber) { switchTo(fiber, ThreadSanitizer.withoutOrder) }
  private static let withoutOrder: UInt32 = 1

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
