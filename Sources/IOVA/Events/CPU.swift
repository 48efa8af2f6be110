/// Where a call runs; passed along as an argument, since the kernel samples it once per call.
///
/// A number and two flags in one word: whether the worker runs there rather than a caller, and
/// whether an interrupt may come while a lock is held.
@frozen
public struct CPU: Hashable, Comparable, Sendable {
  @usableFromInline let bits: UInt32

  @inlinable
  public init(_ index: Int) { bits = UInt32(truncatingIfNeeded: index & 0xFFFF) }

  @inlinable
  init(bits: UInt32) { self.bits = bits }

  /// The number of the CPU.
  @inlinable
  public var index: Int { Int(bits & 0xFFFF) }

  /// The same CPU, running the machine's worker instead of a caller.
  @inlinable
  public var asWorker: CPU { CPU(bits: bits | 0x1_0000) }

  /// Whether the machine's worker runs here: work that a timer set off, concurrent with all
  /// callers.
  @inlinable
  public var isWorker: Bool { bits & 0x1_0000 != 0 }

  /// The same CPU, with interrupts enabled while locks are held.
  @inlinable
  public var withInterrupts: CPU { CPU(bits: bits | 0x2_0000) }

  /// Whether an interrupt may come while a lock is held.
  @inlinable
  public var takesInterrupts: Bool { bits & 0x2_0000 != 0 }

  @inlinable
  public static func < (a: CPU, b: CPU) -> Bool { a.bits < b.bits }
}

extension CPU: CustomStringConvertible {
  public var description: String { isWorker ? "worker" : "cpu\(index)" }
}
