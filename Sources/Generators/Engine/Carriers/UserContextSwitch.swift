#if canImport(Glibc)
  import Glibc
#endif

/// The switch between two coroutines that the C library has: `getcontext` and its kin.
///
/// Swift does not import functions that return twice, so they are looked up by name; in the C
/// library itself, since what AddressSanitizer puts in front of them expects no announcements.
struct UserContextSwitch: Sendable {
  /// Nil where it does not work.
  static let ofThisProcess: UserContextSwitch? = make()

  /// Leaves the first context, and goes on with the second; 0 if that worked.
  typealias Swap =
    @convention(c) @Sendable (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32

  let swap: Swap

  #if canImport(Glibc)
    private typealias Get = @convention(c) @Sendable (UnsafeMutableRawPointer) -> Int32
    /// The C function takes any number of `int`; two of them make a pointer.
    private typealias Make =
      @convention(c) @Sendable (
        UnsafeMutableRawPointer, @convention(c) (UInt32, UInt32) -> Void, Int32, UInt32, UInt32
      ) -> Void

    private let get: Get
    private let make: Make

    private static func make() -> UserContextSwitch? {
      guard
        let library = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD),
        let get = dlsym(library, "getcontext"),
        let make = dlsym(library, "makecontext"),
        let swap = dlsym(library, "swapcontext")
      else { return nil }
      return UserContextSwitch(
        swap: unsafeBitCast(swap, to: Swap.self), get: unsafeBitCast(get, to: Get.self),
        make: unsafeBitCast(make, to: Make.self))
    }

    /// A context to switch away from; it stays where it is, since it points into itself.
    func allocate() -> UnsafeMutableRawPointer {
      let context = UnsafeMutablePointer<ucontext_t>.allocate(capacity: 1)
      context.initialize(to: ucontext_t())
      return UnsafeMutableRawPointer(context)
    }

    func deallocate(_ context: UnsafeMutableRawPointer) {
      context.assumingMemoryBound(to: ucontext_t.self).deallocate()
    }

    /// Lets a context begin with `start` on this stack; `start` gets the two halves of `argument`.
    func prepare(
      _ context: UnsafeMutableRawPointer, bottom: UnsafeMutableRawPointer, byteCount: Int,
      start: @convention(c) (UInt32, UInt32) -> Void, argument: UnsafeMutableRawPointer
    ) {
      guard get(context) == 0 else { fatalError("the C library has no context to give") }
      let bound = context.assumingMemoryBound(to: ucontext_t.self)
      bound.pointee.uc_stack.ss_sp = bottom
      bound.pointee.uc_stack.ss_size = byteCount
      bound.pointee.uc_link = nil
      let word = UInt64(UInt(bitPattern: argument))
      make(
        context, start, 2, UInt32(truncatingIfNeeded: word >> 32),
        UInt32(truncatingIfNeeded: word))
    }

  #else
    private static func make() -> UserContextSwitch? { nil }
    func allocate() -> UnsafeMutableRawPointer { fatalError("there are no contexts here") }
    func deallocate(_ context: UnsafeMutableRawPointer) {}
    func prepare(
      _ context: UnsafeMutableRawPointer, bottom: UnsafeMutableRawPointer, byteCount: Int,
      start: @convention(c) (UInt32, UInt32) -> Void, argument: UnsafeMutableRawPointer
    ) {}
  #endif
}
