/// What two steps can meet at: a lock, an atomic word, a timer; told apart by a number.
///
/// Locks are numbered from 0, and so is all else, above them. What a number is called says a
/// `Lexicon`.
@frozen
public struct Resource: Hashable, Sendable {
  /// Which one it is.
  public let number: UInt32

  /// The resource of this number.
  @inlinable
  public init(_ number: UInt32) { self.number = number }

  /// The lock of this number.
  @inlinable
  public static func lock(_ number: Int) -> Resource {
    Resource(UInt32(truncatingIfNeeded: number))
  }

  /// What is no lock, of this number.
  @inlinable
  public static func other(_ number: Int) -> Resource {
    Resource(1 << 31 | UInt32(truncatingIfNeeded: number))
  }

  /// Whether it is a lock: what is held by at most one at a time.
  @inlinable public var isLock: Bool { number < 1 << 31 }

  /// Its number among locks, or among what is none.
  @inlinable public var index: Int { Int(number & (1 << 31 - 1)) }

  /// Nothing that another CPU could see.
  @inlinable public static var none: Resource { Resource(.max) }

  /// More than one, which may be any.
  @inlinable public static var several: Resource { Resource(.max - 1) }
}

/// Where in a call a step is, for those who ask which calls had ended before others began.
@frozen
public struct CallPart: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A call begins in it.
  @inlinable public static var begins: CallPart { CallPart(rawValue: 1) }
  /// A call ends in it.
  @inlinable public static var ends: CallPart { CallPart(rawValue: 2) }
  /// It belongs to the step before it: nothing is lost if no other comes between.
  @inlinable public static var follows: CallPart { CallPart(rawValue: 4) }
}

/// What one CPU does between two switch points.
///
/// Exploration needs to know no more of it than who takes it and whether it matters to the others.
@frozen
public struct Step: Hashable, Sendable {
  /// Who takes it.
  public let cpu: Int
  /// What it touches.
  public let resource: Resource
  /// Whether it can change what another CPU finds there. Taking a lock does.
  public let writes: Bool
  /// Where in a call it is, if that matters.
  public var part = CallPart()

  /// A step of this CPU.
  @inlinable
  public init(cpu: Int, resource: Resource, writes: Bool, part: CallPart = CallPart()) {
    self.cpu = cpu
    self.resource = resource
    self.writes = writes
    self.part = part
  }

  /// Whether it can matter which of the two comes first: same CPU, or same resource and one writes.
  ///
  /// ```swift
  /// let lock = Resource(7)
  /// let mine = Step(cpu: 0, resource: lock, writes: true)
  /// assert(mine.conflicts(with: Step(cpu: 1, resource: lock, writes: false)))
  /// assert(!mine.conflicts(with: Step(cpu: 1, resource: .none, writes: true)))
  /// ```
  @inlinable
  public func conflicts(with other: Step) -> Bool {
    if cpu == other.cpu { return true }
    guard resource != .none, other.resource != .none, writes || other.writes else { return false }
    return resource == other.resource || resource == .several || other.resource == .several
  }

  /// Whether a call begins in it and one ends in the other: had the other one come first, one call
  /// would have ended before the other began.
  func overlaps(_ later: Step) -> Bool {
    part.contains(.begins) && later.part.contains(.ends)
  }

  /// Adds what the next step of the same CPU did.
  mutating func join(_ next: Step) {
    let isSecond = resource != .none && next.resource != .none && resource != next.resource
    self = Step(
      cpu: cpu, resource: isSecond ? .several : resource == .none ? next.resource : resource,
      writes: isSecond || writes || next.writes, part: part.union(next.part))
  }
}
