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

  /// A step of this CPU.
  @inlinable
  public init(cpu: Int, resource: Resource, writes: Bool) {
    self.cpu = cpu
    self.resource = resource
    self.writes = writes
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
    return resource == other.resource && resource != .none && (writes || other.writes)
  }
}
