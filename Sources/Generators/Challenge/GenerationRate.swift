/// How many choices a second are drawn and recorded on one core.
///
/// ```swift
/// for rate in GenerationRate.measure(choices: 100_000) { print(rate) }
/// ```
public struct GenerationRate: Sendable, CustomStringConvertible {
  /// What was drawn.
  public let name: String
  /// How many choices were drawn and recorded.
  public let choices: Int
  /// How long that took.
  public let time: Duration

  /// Choices per second, rounded down.
  public var perSecond: Int {
    let (seconds, attoseconds) = time.components
    let microseconds = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
    return choices * 1_000_000 / max(1, microseconds)
  }

  /// The rate in millions, and what was drawn.
  public var description: String {
    "\(perSecond / 1_000_000) million choices/s  \(name)"
  }

  /// Measures bare choices, choices in spans of four, and integers in lists drawn by generators.
  ///
  /// ```swift
  /// let rates = GenerationRate.measure(choices: 10_000)
  /// assert(rates.map(\.choices).allSatisfy { $0 >= 10_000 })
  /// ```
  public static func measure(choices: Int = 20_000_000) -> [GenerationRate] {
    let integers = Generator<[Int]>.arrays(of: .integers(in: 0...1000), count: 0...50)
    return [
      measure("bare, bounded by 1000", choices) { source in
        for _ in 0..<10_000 { _ = source.choose(below: 1000) }
      },
      measure("in spans of four", choices) { source in
        for _ in 0..<2_500 {
          source.openSpan("command")
          for _ in 0..<4 { _ = source.choose(below: 1000) }
          source.closeSpan()
        }
      },
      measure("lists of integers, by generators", choices) { source in
        while source.count < 10_000 { _ = try? source.draw(integers) }
      },
    ]
  }

  private static func measure(
    _ name: String, _ choices: Int, _ draw: (inout ChoiceSource) -> Void
  ) -> GenerationRate {
    var source = ChoiceSource(seed: Seed(0))
    var drawn = 0
    var round: UInt64 = 0
    let time = ContinuousClock().measure {
      while drawn < choices {
        source.reset(seed: Seed(round))
        draw(&source)
        drawn += source.count
        round += 1
      }
    }
    return GenerationRate(name: name, choices: drawn, time: time)
  }
}
