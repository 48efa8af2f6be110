/// The only source of randomness: 64 bits of state, every state visited once, 1.8 ns a number.
///
/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (OOPSLA 2014).
///
/// ```swift
/// var numbers = SplitMix64(Seed(1))
/// let die = numbers.next(below: 6) + 1
/// ```
public struct SplitMix64: RandomNumberGenerator, Sendable {
  @usableFromInline var state: UInt64

  /// The numbers that follow from a seed.
  ///
  /// ```swift
  /// var numbers = SplitMix64(Seed(1))
  /// var same = SplitMix64(Seed(1))
  /// assert(numbers.next() == same.next())
  /// ```
  @inlinable
  public init(_ seed: Seed) {
    state = seed.value
  }

  /// The numbers that follow from this state.
  ///
  /// ```swift
  /// var numbers = SplitMix64(state: 1)
  /// var same = SplitMix64(Seed(1))
  /// assert(numbers.next() == same.next())
  /// ```
  @inlinable
  public init(state: UInt64) {
    self.state = state
  }

  /// The next number, any of 2^64.
  ///
  /// ```swift
  /// var numbers = SplitMix64(state: 0)
  /// assert(numbers.next() == 0xe220_a839_7b1d_cdaf)
  /// ```
  @inlinable
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed &>> 31)
  }

  /// The number that follows from this state: a permutation of all states that mixes every bit.
  var mixed: UInt64 {
    var copy = self
    return copy.next()
  }

  /// A number in `0 ..< bound`, each equally likely.
  ///
  /// ```swift
  /// var numbers = SplitMix64(state: 0)
  /// assert(numbers.next(below: 6) == 5)
  /// ```
  ///
  /// Multiplies instead of dividing, and draws again in the rare case that would favour some
  /// numbers (Lemire, "Fast Random Integer Generation in an Interval", 2019).
  @inlinable
  public mutating func next(below bound: UInt64) -> UInt64 {
    precondition(bound > 0, "a number below 0 does not exist")
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold {
        product = next().multipliedFullWidth(by: bound)
      }
    }
    return product.high
  }

  /// A number in `0 ... maximum`, each equally likely; the whole of `UInt64` is a legal range.
  ///
  /// ```swift
  /// var numbers = SplitMix64(state: 0)
  /// assert(numbers.next(upTo: 9) == 8)
  /// ```
  @inlinable
  public mutating func next(upTo maximum: UInt64) -> UInt64 {
    maximum == .max ? next() : next(below: maximum &+ 1)
  }
}
