/// The one order in which locks are taken: a lock is taken only under locks of a lower rank.
///
/// Linux: C(cpu, class), then D(class), then T. Page tables have locks of their own, which are
/// taken under none of these.
@frozen
public enum LockRank: UInt8, Comparable, Sendable, CaseIterable {
  case cpuCache, depot, rangeTree, tableSplit, tableMemory, physicalMemory, timers

  @inlinable
  public static func < (a: LockRank, b: LockRank) -> Bool { a.rawValue < b.rawValue }
}

/// The name of one lock of a domain.
@frozen
public struct LockID: Hashable, Sendable {
  public let rank: LockRank
  /// The size class of a CPU cache or a depot, else 0.
  public let sizeClass: UInt8
  /// The CPU of a CPU cache, else 0.
  public let cpu: UInt16

  public static let rangeTree = LockID(rank: .rangeTree, sizeClass: 0, cpu: 0)
  public static let tableSplit = LockID(rank: .tableSplit, sizeClass: 0, cpu: 0)
  public static let tableMemory = LockID(rank: .tableMemory, sizeClass: 0, cpu: 0)
  public static let physicalMemory = LockID(rank: .physicalMemory, sizeClass: 0, cpu: 0)
  public static let timers = LockID(rank: .timers, sizeClass: 0, cpu: 0)

  public static func depot(_ sizeClass: Int) -> LockID {
    LockID(rank: .depot, sizeClass: UInt8(sizeClass), cpu: 0)
  }

  public static func cpuCache(_ cpu: CPU, _ sizeClass: Int) -> LockID {
    LockID(rank: .cpuCache, sizeClass: UInt8(sizeClass), cpu: UInt16(cpu.index))
  }
}

extension LockID: CustomStringConvertible {
  public var description: String {
    switch rank {
    case .cpuCache: "cpuCache(cpu\(cpu), class \(sizeClass))"
    case .depot: "depot(class \(sizeClass))"
    case .rangeTree: "rangeTree"
    case .tableSplit: "tableSplit"
    case .tableMemory: "tableMemory"
    case .physicalMemory: "physicalMemory"
    case .timers: "timers"
    }
  }
}
