/// The one order in which locks are taken: a lock is taken only under locks of a lower rank.
///
/// Linux: the mutex for attaching devices, Q(ring), then C(cpu, class), then D(class), then T. Page
/// tables have locks of their own; tables are given back under Q. The worker's lock is held while a
/// timer's work runs, so that a CPU that cancels the timer can wait for its end.
@frozen
public enum LockRank: UInt8, Comparable, Sendable, CaseIterable {
  case attachment, worker, flushRing, cpuCache, depot, rangeTree
  case tableSplit, tableMemory, physicalMemory, timers

  @inlinable
  public static func < (a: LockRank, b: LockRank) -> Bool { a.rawValue < b.rawValue }

  /// As it is printed.
  public var name: String { String(describing: self) }

  /// Whether each CPU has its own lock of this rank.
  public var isOfCPU: Bool { self == .flushRing || self == .cpuCache }

  /// Whether each size class has its own lock of this rank.
  public var isOfClass: Bool { self == .depot || self == .cpuCache }
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

  /// The lock of a CPU's flush ring; CPU 0's if all CPUs share one.
  public static func flushRing(_ cpu: CPU) -> LockID {
    LockID(rank: .flushRing, sizeClass: 0, cpu: UInt16(cpu.index))
  }

  public static func cpuCache(_ cpu: CPU, _ sizeClass: Int) -> LockID {
    LockID(rank: .cpuCache, sizeClass: UInt8(sizeClass), cpu: UInt16(cpu.index))
  }
}

extension LockID {
  /// All locks of a rank on `cpus` CPUs, grouped by CPU.
  public static func all(of rank: LockRank, cpus: Int) -> [LockID] {
    (0..<(rank.isOfCPU ? cpus : 1)).flatMap { cpu in
      (0..<(rank.isOfClass ? SizeClass.count : 1)).map { sizeClass in
        LockID(rank: rank, sizeClass: UInt8(sizeClass), cpu: UInt16(cpu))
      }
    }
  }
}

extension LockID: LosslessStringConvertible {
  /// Such as `rangeTree` or `cpuCache(cpu1, class 2)`.
  public var description: String {
    let places =
      (rank.isOfCPU ? ["cpu\(cpu)"] : []) + (rank.isOfClass ? ["class \(sizeClass)"] : [])
    return rank.name + (places.isEmpty ? "" : "(\(places.joined(separator: ", ")))")
  }

  /// Reads what `description` writes; nil if no lock has that description.
  public init?(_ text: some StringProtocol) {
    guard let rank = LockRank.allCases.first(where: { $0.name == text.prefix { $0 != "(" } }) else {
      return nil
    }
    var numbers = text.split { !("0"..."9").contains($0) }[...]
    let cpu = rank.isOfCPU ? numbers.popFirst().flatMap { UInt16($0) } : 0
    let sizeClass = rank.isOfClass ? numbers.popFirst().flatMap { UInt8($0) } : 0
    guard let cpu, let sizeClass else { return nil }
    self.init(rank: rank, sizeClass: sizeClass, cpu: cpu)
    guard description == text else { return nil }
  }
}
