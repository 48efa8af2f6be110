/// What carries the CPUs of an execution: a thread or a coroutine for each, of which one runs.
///
/// A CPU is a closure. At a switch point it calls back into whoever conducts, who picks the CPU
/// that runs next and, only if that is another one, has the carrier hand over. All carriers do the
/// same thing, so the same picks give the same execution; they differ in what a hand-over costs
/// and in what a sanitizer sees of it.
///
/// A carrier belongs to one worker, which runs one execution after the other on it; threads and
/// stacks are kept in between, and nothing is allocated. Any number of carriers run side by side.
///
/// ```swift
/// let carrier = CarrierKind.fastest.carrier(cpus: 3)
/// let bodies = CarriedBodies(body: { conductor.run($0) }, successor: { conductor.successor($0) })
/// carrier.run(3, first: 0, bodies)
/// ```
package protocol Carrier: AnyObject {
  /// Most CPUs of an execution.
  var cpus: Int { get }

  /// Runs the bodies of CPUs 0 to `count` - 1, one at a time, and comes back when all have
  /// returned.
  ///
  /// What happened before is seen by all bodies, and what they did is seen by the caller.
  /// - Parameter first: the CPU that starts.
  /// - Parameter bodies: kept by the caller for as long as this runs.
  func run(_ count: Int, first: Int, _ bodies: CarriedBodies)

  /// Ends the execution from the body of `cpu`, which does not go on, and nor do the others: for
  /// bodies that would never return.
  ///
  /// What their frames hold is never released. A carrier whose `isUsable` is false from then on
  /// carries nothing any more.
  func abandon(from cpu: Int) -> Never

  /// Whether it can run another execution.
  var isUsable: Bool { get }

  /// Stops `cpu`, which calls this, until somebody hands over to it, and lets `other` go on.
  ///
  /// Not while something is being modified that `other` looks at: Swift tells overlapping accesses
  /// apart by thread, and coroutines share one.
  func handOver(from cpu: Int, to other: Int)
}

/// Most CPUs that any carrier carries, which is how many bits say who has returned.
package let mostCarriedCPUs = 64
