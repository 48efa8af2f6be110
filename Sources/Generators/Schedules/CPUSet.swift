/// The CPUs that could take a step now, as bits of one word.
///
/// A CPU is whatever takes steps of its own: a real one, a timer that is due, a worker.
///
/// ```swift
/// let runnable: CPUSet = [0, 2, 5]
/// assert(runnable.first(from: 3) == 5 && runnable.member(1, from: 5) == 0)
/// ```
@frozen
public struct CPUSet: Hashable, Sendable, ExpressibleByArrayLiteral {
  /// The most CPUs there may be.
  public static let capacity = 64

  /// Bit n is set if CPU n is a member.
  public var bits: UInt64

  /// The set whose members are the bits set.
  @inlinable
  public init(bits: UInt64 = 0) { self.bits = bits }

  /// The set of these CPUs.
  @inlinable
  public init(arrayLiteral cpus: Int...) {
    self.init()
    for cpu in cpus { insert(cpu) }
  }

  /// CPUs 0 to `count` - 1.
  @inlinable
  public static func first(_ count: Int) -> CPUSet {
    precondition(count >= 0 && count <= capacity, "there are at most \(capacity) CPUs")
    return CPUSet(bits: count == capacity ? .max : (1 &<< UInt64(count)) &- 1)
  }

  /// How many members there are.
  @inlinable public var count: Int { bits.nonzeroBitCount }
  /// Whether there are two members or more; cheaper than to count them.
  @inlinable public var hasSeveral: Bool { bits & (bits &- 1) != 0 }
  /// Whether no CPU is a member.
  @inlinable public var isEmpty: Bool { bits == 0 }

  /// Whether this CPU is a member; numbers that no CPU can have are not.
  @inlinable
  public func contains(_ cpu: Int) -> Bool {
    UInt(bitPattern: cpu) < UInt(Self.capacity) && bits &>> UInt64(cpu) & 1 == 1
  }

  /// Makes this CPU a member.
  @inlinable
  public mutating func insert(_ cpu: Int) {
    precondition(cpu >= 0 && cpu < Self.capacity, "there is no CPU \(cpu)")
    bits |= 1 &<< UInt64(cpu)
  }

  /// Makes this CPU no member.
  @inlinable
  public mutating func remove(_ cpu: Int) {
    precondition(cpu >= 0 && cpu < Self.capacity, "there is no CPU \(cpu)")
    bits &= ~(1 &<< UInt64(cpu))
  }

  /// The members that are not in `other`.
  @inlinable
  public func subtracting(_ other: CPUSet) -> CPUSet { CPUSet(bits: bits & ~other.bits) }

  /// This CPU if it is a member, else the next one up, from the highest on to the lowest: what
  /// choice 0 means at a switch point.
  /// - Precondition: The set is not empty.
  @inlinable
  public func first(from cpu: Int) -> Int { member(0, from: cpu) }

  /// The member with `rank` members before it, counted upwards from `cpu` and around.
  /// - Precondition: `rank` is below `count`.
  @inlinable
  public func member(_ rank: Int, from cpu: Int) -> Int {
    let shift = UInt64(truncatingIfNeeded: cpu)
    var rotated = bits &>> shift | bits &<< (64 &- shift)
    for _ in 0..<rank { rotated &= rotated &- 1 }
    precondition(rotated != 0, "no CPU of rank \(rank) can run")
    return (rotated.trailingZeroBitCount &+ cpu) & (Self.capacity &- 1)
  }
}

extension CPUSet {
  /// The members from `cpu` upwards, from the highest on to the lowest.
  ///
  /// ```swift
  /// let runnable: CPUSet = [0, 2, 5]
  /// assert(Array(runnable.around(from: 2)) == [2, 5, 0])
  /// ```
  @inlinable
  public func around(from cpu: Int) -> Around {
    let shift = UInt64(truncatingIfNeeded: cpu)
    return Around(rest: bits &>> shift | bits &<< (64 &- shift), start: cpu)
  }

  /// The members in an order that begins with a given CPU.
  @frozen
  public struct Around: Sequence, IteratorProtocol {
    @usableFromInline var rest: UInt64
    @usableFromInline let start: Int

    @inlinable
    init(rest: UInt64, start: Int) {
      self.rest = rest
      self.start = start
    }

    /// The next member; nil after the last.
    @inlinable
    public mutating func next() -> Int? {
      guard rest != 0 else { return nil }
      defer { rest &= rest &- 1 }
      return (rest.trailingZeroBitCount &+ start) & (CPUSet.capacity &- 1)
    }
  }
}

extension CPUSet: Sequence {
  /// The members in order.
  @frozen
  public struct Iterator: IteratorProtocol {
    @usableFromInline var rest: UInt64

    @inlinable
    init(_ rest: UInt64) { self.rest = rest }

    /// The next member; nil after the last.
    @inlinable
    public mutating func next() -> Int? {
      guard rest != 0 else { return nil }
      defer { rest &= rest &- 1 }
      return rest.trailingZeroBitCount
    }
  }

  /// An iterator over the members in order.
  @inlinable
  public func makeIterator() -> Iterator { Iterator(bits) }
}
