import Dispatch
import Synchronization

/// A thread for each CPU, all asleep but the one that has the baton: works everywhere.
///
/// The worker's own thread carries the CPU that starts, which saves two hand-overs an execution.
/// The baton orders everything, so ThreadSanitizer sees no race under this carrier. A thread of the
/// pool is taken for each CPU until the carrier ends, and Dispatch has about 250; while an
/// execution runs, the worker stays on the core of the threads.
package final class DispatchCarrier: Carrier {
  package let cpus: Int
  private let crew: Crew

  /// - Parameter carriesFirst: whether the worker's own thread carries the CPU that starts; then an
  ///   execution can't be given up.
  package init(cpus: Int, carriesFirst: Bool = true) {
    precondition(cpus > 0, "a carrier carries at least one CPU")
    precondition(cpus <= mostCarriedCPUs, "a carrier carries at most \(mostCarriedCPUs) CPUs")
    self.cpus = cpus
    crew = Crew(cpus: cpus, carriesFirst: carriesFirst)
    // The threads know the crew only, so that the end of the carrier can be theirs.
    for cpu in 0..<cpus {
      // A private serial queue is what makes Dispatch give each CPU a thread at once.
      DispatchQueue(label: "carried cpu\(cpu)").async { [crew] in crew.serve(cpu) }
    }
  }

  deinit { crew.dismiss() }

  package func run(_ count: Int, first: Int, _ bodies: CarriedBodies) {
    precondition(count <= cpus, "\(count) CPUs on a carrier of \(cpus)")
    crew.run(count, first: first, bodies)
  }

  package func handOver(from cpu: Int, to other: Int) { crew.handOver(from: cpu, to: other) }

  package var isUsable: Bool { !crew.isGivenUp }

  package func abandon(from cpu: Int) -> Never { crew.abandon(from: cpu) }
}

/// What the threads share. Everything in it belongs to the one that has the baton.
private final class Crew: @unchecked Sendable {
  private let batons: [DispatchSemaphore]
  private let rest = DispatchSemaphore(value: 0)
  private let progress = CarrierProgress()
  @exclusivity(unchecked) private var execution = CarriedExecution()
  private let affinity = CoreAffinity()
  /// The CPU that the worker's thread carries; -1 for none.
  private var first = -1
  private let carriesFirst: Bool
  /// Whether threads of it are stuck for good.
  private(set) var isGivenUp = false

  init(cpus: Int, carriesFirst: Bool) {
    self.carriesFirst = carriesFirst
    batons = (0..<cpus).map { _ in DispatchSemaphore(value: 0) }
  }

  func run(_ count: Int, first: Int, _ bodies: CarriedBodies) {
    execution.begin(bodies)
    progress.begin(count, first: first)
    guard carriesFirst else {
      batons[first].signal()
      rest.wait()
      progress.finish()
      execution.end()
      return
    }
    self.first = first
    let before = affinity?.enter()
    if let next = carry(first) {
      baton(of: next).signal()
      rest.wait()
    }
    if let before { affinity?.leave(to: before) }
    progress.finish()
    execution.end()
  }

  func handOver(from cpu: Int, to other: Int) {
    progress.checkHandOver(from: cpu, to: other)
    baton(of: other).signal()
    baton(of: cpu).wait()
  }

  func abandon(from cpu: Int) -> Never {
    precondition(!carriesFirst, "the worker's own thread can't be given up")
    isGivenUp = true
    rest.signal()
    while true { batons[cpu].wait() }
  }

  private func baton(of cpu: Int) -> DispatchSemaphore { cpu == first ? rest : batons[cpu] }

  /// Runs the body of a CPU.
  /// - Returns: who goes on; nil if all have returned.
  private func carry(_ cpu: Int) -> Int? {
    execution.runBody(of: cpu)
    let next = execution.successor(of: cpu)
    progress.end(cpu)
    progress.checkSuccessor(next)
    return next
  }

  /// The life of a thread: an execution for each time it is given the baton.
  func serve(_ cpu: Int) {
    let before = affinity?.enter()
    // The thread is borrowed.
    defer { if let before { affinity?.leave(to: before) } }
    while true {
      batons[cpu].wait()
      progress.enter()
      guard execution.isPresent else { return }
      (carry(cpu).map(baton) ?? rest).signal()
    }
  }

  /// Ends the threads: whoever gets the baton and finds nothing to do goes home.
  func dismiss() { for baton in batons { baton.signal() } }
}
