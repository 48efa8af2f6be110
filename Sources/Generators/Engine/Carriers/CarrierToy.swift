/// The smallest program that a carrier can be tested and measured with: steps, and picks.
///
/// CPU n makes `steps[n]` steps, and after each of them somebody is picked who goes on. Which is
/// written down, so that two carriers can be compared.
package final class CarrierToy {
  /// Who is picked after a step.
  package enum Schedule: Hashable, Sendable {
    /// The next CPU in turn, so that each step is a hand-over wherever there is anybody else.
    case inTurn
    /// Any, by the seed.
    case random
  }

  private let carrier: any Carrier
  private let steps: [Int]
  private let schedule: Schedule
  private let work: (_ cpu: Int) -> Void
  private let sanitizer = ThreadSanitizer.ofThisProcess

  private var bodies: CarriedBodies?
  private var numbers = SplitMix64(Seed(0))
  /// A bit for each CPU whose body has not returned.
  private var running: UInt64 = 0
  private let picks: UnsafeMutableBufferPointer<UInt8>
  private var pickCount = 0

  /// Hand-overs since it was made, without the ones from body to body.
  package private(set) var handOverCount = 0

  /// - Parameter work: what a step does.
  package init(
    _ carrier: any Carrier, steps: [Int], schedule: Schedule = .random,
    work: @escaping (_ cpu: Int) -> Void = { _ in }
  ) {
    self.carrier = carrier
    self.steps = steps
    self.schedule = schedule
    self.work = work
    // The first pick, and one for each step and each body that returns.
    picks = .allocate(capacity: 1 + steps.reduce(steps.count, +))
    picks.initialize(repeating: 0)
    bodies = CarriedBodies(
      body: { [unowned(unsafe) self] in runSteps(of: $0) },
      successor: { [unowned(unsafe) self] in nextAfterEnd(of: $0) })
  }

  deinit { picks.deallocate() }

  /// Runs all CPUs to their ends.
  package func run(_ seed: Seed) {
    numbers = SplitMix64(seed)
    running = steps.count == 64 ? .max : 1 << UInt64(steps.count) - 1
    pickCount = 0
    let first = pick(after: steps.count - 1)
    if let bodies { carrier.run(steps.count, first: first, bodies) }
  }

  /// Who was picked, in order.
  package var trace: [UInt8] { Array(picks[..<pickCount]) }

  private func runSteps(of cpu: Int) {
    for _ in 0..<steps[cpu] {
      work(cpu)
      step(cpu)
    }
  }

  /// The switch point.
  private func step(_ cpu: Int) {
    sanitizer?.pause()
    let next = pick(after: cpu)
    if next != cpu {
      handOverCount += 1
      carrier.handOver(from: cpu, to: next)
    }
    sanitizer?.resume()
  }

  private func nextAfterEnd(of cpu: Int) -> Int? {
    sanitizer?.pause()
    defer { sanitizer?.resume() }
    running &= ~(1 << UInt64(cpu))
    return running == 0 ? nil : pick(after: cpu)
  }

  private func pick(after cpu: Int) -> Int {
    let next: Int
    switch schedule {
    case .inTurn:
      let above = running & ~(UInt64.max >> UInt64(63 - cpu))
      next = (above == 0 ? running : above).trailingZeroBitCount
    case .random:
      var rest = running
      for _ in 0..<numbers.next(below: UInt64(running.nonzeroBitCount)) { rest &= rest - 1 }
      next = rest.trailingZeroBitCount
    }
    picks[pickCount] = UInt8(truncatingIfNeeded: next)
    pickCount += 1
    return next
  }
}
