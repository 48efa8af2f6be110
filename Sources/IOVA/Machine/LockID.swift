/// The one order in which locks are taken: a lock is taken only under locks of a lower rank.
///
/// Linux: the mutex of those who attach, Q(ring), then C(cpu, class), then D(class), then T. Page
/// tables have locks of their own; tables are given back under Q. The worker's own is held for as
/// long as a timer's work runs, so that whoever cancels it can wait for its end.
@frozen
public enum LockRank: UInt8, Comparable, Sendable, CaseIterable {
  case attachment, worker, flushRing, cpuCache, depot, rangeTree
  case tableSplit, tableMemory, physicalMemory, timers

  @inlinable
  public static func < (a: LockRank, b: LockRank) -> Bool { a.rawValue < b.rawValue }
}

/// The name of one lock of a domain.
@frozen
public struct LockID: Hashable, Sendable {
  public let rank: LockRank
  /// The size class of a CPU cache or a depot, else 0.
  public let sizeClass: UInt8
  /// The CPU of a CPU cache or of a flush ring, else 0.
  public let cpu: UInt16

  public static let rangeTree = LockID(rank: .rangeTree, sizeClass: 0, cpu: 0)
  public static let attachment = LockID(rank: .attachment, sizeClass: 0, cpu: 0)
  public static let worker = LockID(rank: .worker, sizeClass: 0, cpu: 0)
  public static let tableSplit = LockID(rank: .tableSplit, sizeClass: 0, cpu: 0)
  public static let tableMemory = LockID(rank: .tableMemory, sizeClass: 0, cpu: 0)
  public static let physicalMemory = LockID(rank: .physicalMemory, sizeClass: 0, cpu: 0)
  public static let timers = LockID(rank: .timers, sizeClass: 0, cpu: 0)

  public static func depot(_ sizeClass: Int) -> LockID {
    LockID(rank: .depot, sizeClass: UInt8(sizeClass), cpu: 0)
  }

  /// The lock of a CPU's flush ring; of CPU 0 where all CPUs share one.
  public static func flushRing(_ cpu: CPU) -> LockID {
    LockID(rank: .flushRing, sizeClass: 0, cpu: UInt16(cpu.index))
  }

  public static func cpuCache(_ cpu: CPU, _ sizeClass: Int) -> LockID {
    LockID(rank: .cpuCache, sizeClass: UInt8(sizeClass), cpu: UInt16(cpu.index))
  }
}

extension LockID: CustomStringConvertible {
  public var description: String {
    switch rank {
    case .flushRing: "flushRing(cpu\(cpu))"
    case .cpuCache: "cpuCache(cpu\(cpu), class \(sizeClass))"
    case .depot: "depot(class \(sizeClass))"
    case .rangeTree: "rangeTree"
    case .attachment: "attachment"
    case .worker: "worker"
    case .tableSplit: "tableSplit"
    case .tableMemory: "tableMemory"
    case .physicalMemory: "physicalMemory"
    case .timers: "timers"
    }
  }
}
