#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Machine code in memory of its own, which is never writable and executable at the same time.
///
/// It stays until the process ends, since nobody can tell who still runs it.
package struct CodePage: Sendable {
  private let address: UInt

  /// - Returns: nil if the system does not let new code run.
  package init?(_ code: [UInt8]) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    precondition(code.count <= page, "code of \(code.count) bytes does not fit into one page")
    let memory = mmap(nil, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    memory.copyMemory(from: code, byteCount: code.count)
    guard mprotect(memory, page, PROT_READ | PROT_EXEC) == 0 else {
      munmap(memory, page)
      return nil
    }
    address = UInt(bitPattern: memory)
  }

  /// Where the code at `offset` begins; to be cast to a C function.
  package func entry(at offset: Int = 0) -> UnsafeRawPointer {
    UnsafeRawPointer(bitPattern: address + UInt(offset)).unsafelyUnwrapped
  }
}
