import Dispatch
import IOVA

/// Runs every program of a space under every distinct interleaving.
public struct Prover: Sendable {
  /// What was run, for one size.
  public struct Tally: Sendable, Hashable {
    public var programs: UInt64 = 0
    /// Interleavings run to their end.
    public var executions: UInt64 = 0
    /// Interleavings begun and given up, since they could no longer differ from others.
    public var redundant: UInt64 = 0
    /// The number of interleavings expected by `ProofCount`.
    public var expected: UInt64 = 0

    static func += (sum: inout Tally, other: Tally) {
      sum.programs += other.programs
      sum.executions += other.executions
      sum.redundant += other.redundant
      sum.expected += other.expected
    }
  }

  /// The outcome of the proof.
  public struct Outcome: Sendable {
    /// By the lengths of the lanes, ascending, such as `[0, 1, 4]`.
    public var tallies: [[Int]: Tally] = [:]
    /// The first program that breaks a law, how, and in which order of steps.
    public var failure: (number: Int, program: Program, finding: Finding, schedule: Schedule)?
    /// The first program that behaved differently when repeated.
    public var diverged: (number: Int, program: Program)?

    /// The sum over all sizes.
    public var total: Tally { tallies.values.reduce(into: Tally()) { $0 += $1 } }
  }

  public let space: ProofSpace

  public init(_ space: ProofSpace) { self.space = space }

  /// Runs all programs on one thread for each judge; with n judges, each runs every n-th program.
  ///
  /// - Parameter shouldStop: asked before every program.
  public func run(_ judges: [Judge], shouldStop: @escaping @Sendable () -> Bool) -> Outcome {
    let group = DispatchGroup()
    let parts = ProofParts(count: judges.count)
    for (worker, judge) in judges.enumerated() {
      // A queue for each, so that all run at the same time.
      DispatchQueue(label: "prover \(worker)").async(group: group) {
        parts.set(worker, part(worker, of: judges.count, judge, shouldStop))
      }
    }
    group.wait()
    return parts.sum
  }

  private func part(
    _ worker: Int, of workers: Int, _ judge: Judge, _ shouldStop: () -> Bool
  ) -> Outcome {
    var outcome = Outcome()
    let run = ControlledRun(cpus: space.cpus, judge)
    let count = ProofCount(space)
    var number = 0
    space.visit { mix in
      defer { number += 1 }
      guard number % workers == worker, outcome.failure == nil, outcome.diverged == nil,
        !shouldStop()
      else { return }
      let program = space.program(mix)
      var tally = Tally()
      tally.programs = 1
      tally.expected = count.interleavings(mix) ?? 0
      run.policy = Portfolio(only: .exhaustive)
      repeat {
        if let finding = run.explore(program, Seed(0)).finding {
          // The same once more, traced, for the order of its steps.
          let again = run.tracing { run.again(program, Seed(0)) }
          outcome.failure = (number, program, finding, again.trace.schedule)
          return
        }
      } while !run.policy.exhaustive.isComplete && !run.policy.exhaustive.hasDiverged
      if run.policy.exhaustive.hasDiverged { outcome.diverged = (number, program) }
      tally.executions = run.policy.exhaustive.executions
      tally.redundant = run.policy.exhaustive.redundant
      outcome.tallies[mix.map { space.lanes[$0].count }.sorted(), default: Tally()] += tally
    }
    return outcome
  }

}

/// The findings of a proof's workers, kept apart.
private final class ProofParts: @unchecked Sendable {
  private let lock = DispatchQueue(label: "proof")
  private var parts: [Prover.Outcome?]

  init(count: Int) { parts = Array(repeating: nil, count: count) }

  func set(_ worker: Int, _ outcome: Prover.Outcome) { lock.sync { parts[worker] = outcome } }

  /// The sum; of several failures, the one of the simplest program.
  var sum: Prover.Outcome {
    var sum = Prover.Outcome()
    for case let part? in lock.sync(execute: { parts }) {
      for (size, tally) in part.tallies { sum.tallies[size, default: Prover.Tally()] += tally }
      if let failure = part.failure, failure.number < sum.failure?.number ?? .max {
        sum.failure = failure
      }
      if let diverged = part.diverged, diverged.number < sum.diverged?.number ?? .max {
        sum.diverged = diverged
      }
    }
    return sum
  }
}
