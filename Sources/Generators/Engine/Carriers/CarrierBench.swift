/// What carriers cost on this machine.
package enum CarrierBench {
  /// One figure.
  package struct Row: Hashable, Sendable {
    package let carrier: CarrierKind
    /// What was measured, in words.
    package let measure: String
    package let value: Double
    package let unit: String
  }

  private static let cpus = 3
  private static let steps = 4
  private static let repetitions = 5
  /// Between two looks at the clock, which cost as much as a short execution.
  private static let executionsPerLook = 16

  /// Measures every carrier that works here, each for about `time`.
  package static func run(_ time: Duration = .seconds(1)) -> [Row] {
    CarrierKind.available.flatMap { kind in
      let carrier = kind.carrier(cpus: cpus)
      let share = time / (3 * repetitions)
      return [
        Row(
          carrier: kind, measure: "a hand-over between two CPUs",
          value: handOverTime(on: carrier, for: share), unit: "ns"),
        Row(
          carrier: kind, measure: "\(cpus) CPUs × \(steps) empty steps, each a hand-over",
          value: executionRate(on: carrier, .inTurn, for: share), unit: "executions/s"),
        Row(
          carrier: kind, measure: "\(cpus) CPUs × \(steps) empty steps, a random schedule",
          value: executionRate(on: carrier, .random, for: share), unit: "executions/s"),
      ]
    }
  }

  private static func handOverTime(on carrier: any Carrier, for time: Duration) -> Double {
    let toy = CarrierToy(carrier, steps: [100, 100], schedule: .inTurn)
    return median {
      let before = toy.handOverCount
      let (_, elapsed) = repeated(for: time) { toy.run(Seed(1)) }
      return elapsed / .nanoseconds(1) / Double(toy.handOverCount - before)
    }
  }

  private static func executionRate(
    on carrier: any Carrier, _ schedule: CarrierToy.Schedule, for time: Duration
  ) -> Double {
    let toy = CarrierToy(
      carrier, steps: Array(repeating: steps, count: cpus), schedule: schedule)
    var seed: UInt64 = 0
    return median {
      let (count, elapsed) = repeated(for: time) {
        seed += 1
        toy.run(Seed(seed))
      }
      return Double(count) / (elapsed / .seconds(1))
    }
  }

  /// Of a few measurements, since others use this machine too.
  private static func median(_ measure: () -> Double) -> Double {
    (0..<repetitions).map { _ in measure() }.sorted()[repetitions / 2]
  }

  private static func repeated(
    for time: Duration, _ work: () -> Void
  ) -> (count: Int, elapsed: Duration) {
    let clock = ContinuousClock()
    let start = clock.now
    var count = 0
    repeat {
      for _ in 0..<executionsPerLook { work() }
      count += executionsPerLook
    } while start.duration(to: clock.now) < time
    return (count, start.duration(to: clock.now))
  }
}
