/// How a domain defers invalidations (rule 72).
public struct FlushOptions: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// A ring for each possible CPU.
    case perCPU
    /// One ring that all CPUs share.
    case single
  }

  public var mode: Mode
  /// Slots of a ring, one of which stays empty; a power of two of at least 2.
  public var slots: Int
  /// Time from arming the timer to its flush, in ms.
  public var timeout: UInt64

  public init(_ mode: Mode, slots: Int, timeout: UInt64) {
    precondition(slots >= 2 && slots.nonzeroBitCount == 1, "a ring has a power of two of slots")
    self.mode = mode
    self.slots = slots
    self.timeout = timeout
  }

  /// 256 slots a CPU, 10 ms.
  public static let perCPU = FlushOptions(.perCPU, slots: 256, timeout: 10)
  /// 32,768 slots for all CPUs, 1 s: for hypervisors whose invalidations are expensive.
  public static let single = FlushOptions(.single, slots: 32_768, timeout: 1_000)

  /// How many rings a machine with `cpus` CPUs has.
  func rings(cpus: Int) -> Int { mode == .perCPU ? cpus : 1 }
}
