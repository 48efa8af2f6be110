#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the allocator asks of the operating system while it waits for a lock.
enum Host {
  /// Gives the rest of the time slice to another thread.
  static func yield() { sched_yield() }
}
