#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory for a coroutine's stack, with a page below it that nobody may touch.
///
/// A body that recurses too deep ends the process there, and does not write over another stack.
struct FiberStack: ~Copyable {
  /// What a body may use; frames that are not optimized are about four times larger.
  #if DEBUG
    static let defaultByteCount = 256 * 1024
  #else
    static let defaultByteCount = 64 * 1024
  #endif
  /// The same under a sanitizer, which makes frames several times larger again.
  static let sanitizedByteCount = 1024 * 1024

  /// The lowest byte that may be used.
  let bottom: UnsafeMutableRawPointer
  let byteCount: Int
  private let guardByteCount: Int

  var top: UnsafeMutableRawPointer { bottom + byteCount }

  /// - Returns: nil if there is no memory.
  init?(byteCount: Int) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let rounded = (byteCount + page - 1) / page * page
    let memory = mmap(
      nil, rounded + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    guard mprotect(memory, page, PROT_NONE) == 0 else {
      munmap(memory, rounded + page)
      return nil
    }
    bottom = memory + page
    self.byteCount = rounded
    guardByteCount = page
  }

  deinit { munmap(bottom - guardByteCount, byteCount + guardByteCount) }
}
