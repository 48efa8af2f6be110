/// The switch between two coroutines in machine code: what a C function has to keep, and no more.
///
/// There is no system call in it, since the signal mask is not kept; all coroutines of a thread
/// share one. x86-64 Linux only: other processors need their caches told about new code, and other
/// systems have other rules for it.
package struct OwnSwitch: Sendable {
  /// Stores the stack pointer in the word at `from`, and goes on with the one in the word at `to`.
  package typealias Jump =
    @convention(c) @Sendable (_ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer) ->
    Void
  /// What a coroutine starts with; never returns.
  package typealias Start = @convention(c) (UnsafeMutableRawPointer?) -> Void

  /// Nil where it does not work.
  package static let ofThisProcess: OwnSwitch? = make()

  package let jump: Jump
  private let launch: UInt

  private static func make() -> OwnSwitch? {
    #if os(Linux) && arch(x86_64) && canImport(Glibc)
      guard let page = CodePage(code) else { return nil }
      return OwnSwitch(
        jump: unsafeBitCast(page.entry(), to: Jump.self),
        launch: UInt(bitPattern: page.entry(at: launchOffset)))
    #else
      return nil
    #endif
  }

  /// Lays out a fresh stack as if its coroutine had just left by `jump`.
  /// - Returns: the stack pointer to go on with.
  package func prepare(
    top: UnsafeMutableRawPointer, start: Start, argument: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    let aligned = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: top) & ~15)
      .unsafelyUnwrapped
    // After `ret` to the launch code the stack pointer has to be a multiple of 16, so that after
    // its `call` it is 8 more than one, as compiled functions expect.
    let frame = aligned - 16 - 8 * 8
    let words: [UInt] = [
      0x0000_037F_0000_1F80,  // x87 control word, then MXCSR: no exceptions, round to nearest
      0, 0,  // r15, r14
      unsafeBitCast(start, to: UInt.self),  // r13
      UInt(bitPattern: argument),  // r12
      0, 0,  // rbx, rbp: zero ends a debugger's walk up the frames
      launch,  // where `ret` goes
    ]
    frame.copyMemory(from: words, byteCount: words.count * MemoryLayout<UInt>.size)
    return frame
  }

  private static let launchOffset = 0x40

  /// System V calling convention: rdi and rsi are the arguments; rbx, rbp, r12 to r15, the control
  /// bits of MXCSR and the x87 control word belong to the caller.
  private static let code: [UInt8] = [
    // jump:
    0x55,  // push rbp
    0x53,  // push rbx
    0x41, 0x54,  // push r12
    0x41, 0x55,  // push r13
    0x41, 0x56,  // push r14
    0x41, 0x57,  // push r15
    0x48, 0x83, 0xEC, 0x08,  // sub rsp, 8
    0x0F, 0xAE, 0x1C, 0x24,  // stmxcsr [rsp]
    0xD9, 0x7C, 0x24, 0x04,  // fnstcw [rsp + 4]
    0x48, 0x89, 0x27,  // mov [rdi], rsp
    0x48, 0x8B, 0x26,  // mov rsp, [rsi]
    0x0F, 0xAE, 0x14, 0x24,  // ldmxcsr [rsp]
    0xD9, 0x6C, 0x24, 0x04,  // fldcw [rsp + 4]
    0x48, 0x83, 0xC4, 0x08,  // add rsp, 8
    0x41, 0x5F,  // pop r15
    0x41, 0x5E,  // pop r14
    0x41, 0x5D,  // pop r13
    0x41, 0x5C,  // pop r12
    0x5B,  // pop rbx
    0x5D,  // pop rbp
    0xC3,  // ret
    0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,  // int3, up to the next multiple of 16
    0xCC, 0xCC, 0xCC, 0xCC, 0xCC,
    // launch:
    0x4C, 0x89, 0xE7,  // mov rdi, r12
    0x41, 0xFF, 0xD5,  // call r13
    0x0F, 0x0B,  // ud2
  ]
}
