extension Generator where Value: FixedWidthInteger & Sendable {
  /// Every integer of the type; shrinks to 0.
  ///
  /// ```swift
  /// let byte = try source.draw(Generator<UInt8>.any)
  /// ```
  public static var any: Generator { integers(in: Value.min...Value.max) }

  /// The integers of a range, favouring small and extreme values.
  ///
  /// Shrinks to `origin`, and prefers the value above it to the one equally far below. The default
  /// origin is 0, or the nearest value in the range.
  ///
  /// ```swift
  /// let celsius = Generator<Int>.integers(in: -40...60, origin: 20)
  /// ```
  public static func integers(in range: ClosedRange<Value>, origin: Value? = nil) -> Generator {
    let nearest = min(max(0, range.lowerBound), range.upperBound)
    let origin = origin ?? nearest
    precondition(range.contains(origin), "the origin \(origin) is not in \(range)")
    precondition(Value.bitWidth <= 64, "integers wider than 64 bits are not supported")
    let scale = IntegerScale(
      below: UInt64(truncatingIfNeeded: origin &- range.lowerBound) & Self.mask,
      above: UInt64(truncatingIfNeeded: range.upperBound &- origin) & Self.mask)
    return Generator { source in
      let index = source.choose(upTo: scale.maximum) { scale.draw(&$0) }
      let (isBelow, distance) = scale.place(of: index)
      let offset = Value(truncatingIfNeeded: distance)
      return isBelow ? origin &- offset : origin &+ offset
    }
  }

  private static var mask: UInt64 {
    Value.bitWidth >= 64 ? .max : (1 << UInt64(Value.bitWidth)) - 1
  }
}

extension Generator where Value == Bool {
  /// Both, equally often; shrinks to `false`.
  ///
  /// ```swift
  /// let isUrgent = try source.draw(Generator<Bool>.any)
  /// ```
  public static var any: Generator {
    Generator { source in source.choose(upTo: 1) == 1 }
  }
}

/// The integers around an origin, numbered by simplicity: 0, 1, −1, 2, −2, … until one side ends.
struct IntegerScale: Sendable {
  let below: UInt64
  let above: UInt64

  var maximum: UInt64 { below &+ above }

  /// How many steps alternate between both sides.
  private var shorter: UInt64 { min(below, above) }

  func place(of index: UInt64) -> (isBelow: Bool, distance: UInt64) {
    guard index / 2 + index % 2 <= shorter else {
      return (below > above, index &- shorter)
    }
    return (index > 0 && index % 2 == 0, index / 2 + index % 2)
  }

  /// Half of the draws choose a number of bits first, so that all magnitudes occur; one in eight is
  /// the simplest or one of the extremes; the rest are uniform.
  func draw(_ random: inout SplitMix64) -> UInt64 {
    let maximum = maximum
    guard maximum > 0 else { return 0 }
    switch random.next(below: 8) {
    case 0:
      let fromEnd = min(random.next(below: 3), maximum)
      return random.next(below: 2) == 0 ? fromEnd : maximum &- fromEnd
    case 1...4 where maximum > 64:
      let bits = random.next(below: UInt64(64 - maximum.leadingZeroBitCount)) + 1
      let widest = bits >= 64 ? UInt64.max : (1 << bits) - 1
      return random.next(upTo: min(widest, maximum))
    default:
      return random.next(upTo: maximum)
    }
  }
}
