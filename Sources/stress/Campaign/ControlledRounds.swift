import Dispatch
import Foundation
import Generators
import Invariants
import Synchronization

/// Interleaved programs, with a worker for each core, each with a hunt of its own.
///
/// A round's seed decides everything that happens in it, whichever worker runs it. Rounds are
/// handed out in order, and all rounds below a failing one are run to their end; so the lowest
/// failing round does not depend on timing.
final class ControlledRounds: @unchecked Sendable {
  /// A failure, and where it was found.
  struct Failure {
    let round: Int
    let seed: Seed
    let choices: ChoiceSequence
    let finding: Finding
    /// The policy; nil for a program that ran in order.
    let finder: String?
  }

  private struct State {
    var next = 1
    var isStopped = false
    var lowest: Failure?
    var tallies: [Tally]
  }

  /// Programs of one round.
  static let programsPerRound = 64
  /// Programs of a round that run in order if both modes are asked for: some laws can only be
  /// judged there.
  static let programsInOrder = 4

  private let plan: RunPlan
  private let isOver: @Sendable () -> Bool
  // A lock that ThreadSanitizer knows, unlike `Mutex`.
  private let lock = NSLock()
  private var state: State
  /// The lowest failing round; checked between programs.
  private let lowestRound = Atomic<Int>(.max)
  private let workers: Int
  private let group = DispatchGroup()

  /// - Parameter isOver: whether the run's time is over.
  init(_ plan: RunPlan, isOver: @escaping @Sendable () -> Bool) {
    self.plan = plan
    self.isOver = isOver
    workers = ProcessInfo.processInfo.activeProcessorCount
    let none = Tally(cpus: plan.controlledCPUs + 1)
    state = State(tallies: Array(repeating: none, count: workers))
  }

  /// Starts the workers.
  func start() {
    for worker in 0..<workers {
      DispatchQueue(label: "controlled.\(worker)").async(group: group) { self.work(worker) }
    }
  }

  /// Makes the workers take no further rounds.
  func stop() { lock.withLock { state.isStopped = true } }

  /// Waits for the end of all rounds, at most `seconds`; returns whether they ended.
  func wait(atMost seconds: Double) -> Bool { group.wait(timeout: .now() + seconds) == .success }

  /// The lowest failing round so far; final once all rounds have ended.
  var failure: Failure? { lock.withLock { state.lowest } }

  /// What all workers have done, as of the last end of a round of each.
  var tally: Tally {
    let tallies = lock.withLock { state.tallies }
    return tallies.dropFirst().reduce(into: tallies[0], +=)
  }

  private func work(_ worker: Int) {
    let hunt = Hunt(controlling: plan)
    let inOrder = plan.mode == .both ? Hunt(plan.inOrder) : nil
    var rounds = 0
    while let round = take() {
      run(round, hunt, inOrder)
      rounds += 1
      var tally = hunt.tally
      if let inOrder { tally += inOrder.tally }
      tally.rounds = rounds
      lock.withLock { state.tallies[worker] = tally }
    }
  }

  /// The next round; nil if there is none.
  private func take() -> Int? {
    if Signals.endIsRequested || isOver() { return nil }
    return lock.withLock {
      guard !state.isStopped, state.lowest == nil, state.next <= plan.rounds ?? .max else {
        return nil
      }
      defer { state.next += 1 }
      return state.next
    }
  }

  private func run(_ round: Int, _ interleaved: Hunt, _ inOrder: Hunt?) {
    let seed = plan.seed(ofRound: round)
    let last = Self.programsPerRound + (inOrder == nil ? 0 : Self.programsInOrder)
    for number in 0..<last {
      if Signals.endIsRequested || isOver() { return }
      if lowestRound.load(ordering: .relaxed) < round { return }
      let own = number == 0 ? seed : seed.derived(UInt64(number))
      let isInOrder = number >= Self.programsPerRound
      guard let hunt = isInOrder ? inOrder : interleaved else { return }
      guard let failure = hunt.attempt(own) else { continue }
      note(
        Failure(
          round: round, seed: own, choices: failure.choices, finding: failure.finding,
          finder: hunt.finder))
      return
    }
  }

  private func note(_ failure: Failure) {
    lock.withLock {
      if let lowest = state.lowest, lowest.round < failure.round { return }
      state.lowest = failure
      lowestRound.store(failure.round, ordering: .relaxed)
    }
  }
}
