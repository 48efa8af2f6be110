/// Coroutines on the worker's own thread: a hand-over is a change of stacks.
///
/// What blocks in the system blocks all CPUs. The thread may change between two executions, but
/// not within one. ThreadSanitizer takes the CPUs for threads that nothing orders, so it reports a
/// data race under any schedule that has one, the same each time.
package final class FiberCarrier: Carrier {
  package let cpus: Int
  private let change: FiberSwitch
  /// That of `change`, to be called without a copy of the rest.
  private let shortcut: OwnSwitch.Jump?
  /// One for each CPU, and one for the worker.
  private let fibers: UnsafeMutablePointer<Fiber>
  private let stacks: UnsafeMutablePointer<FiberStack>
  private let progress = CarrierProgress()
  @exclusivity(unchecked) private var execution = CarriedExecution()
  @exclusivity(unchecked) private var wasAbandoned = false

  private var worker: UnsafeMutablePointer<Fiber> { fibers + cpus }

  /// - Returns: nil if there is no memory for the stacks.
  init?(cpus: Int, by mechanism: FiberSwitch.Mechanism) {
    precondition(cpus > 0, "a carrier carries at least one CPU")
    precondition(cpus <= mostCarriedCPUs, "a carrier carries at most \(mostCarriedCPUs) CPUs")
    let change = FiberSwitch(mechanism)
    guard let stacks = FiberCarrier.makeStacks(cpus, byteCount: change.stackByteCount) else {
      return nil
    }
    self.cpus = cpus
    self.change = change
    shortcut = change.shortcut
    self.stacks = stacks
    fibers = .allocate(capacity: cpus + 1)
    for cpu in 0...cpus { (fibers + cpu).initialize(to: Fiber(cpu: cpu, carrier: self)) }
    for cpu in 0..<cpus { change.prepare(fibers + cpu, on: stacks[cpu]) }
    change.prepareWorker(worker)
    for cpu in 0..<cpus { change.introduce(fibers + cpu) }
  }

  private static func makeStacks(
    _ count: Int, byteCount: Int
  ) -> UnsafeMutablePointer<FiberStack>? {
    let stacks = UnsafeMutablePointer<FiberStack>.allocate(capacity: count)
    for made in 0..<count {
      guard let stack = FiberStack(byteCount: byteCount) else {
        stacks.deinitialize(count: made)
        stacks.deallocate()
        return nil
      }
      (stacks + made).initialize(to: stack)
    }
    return stacks
  }

  deinit {
    // All wait for a next execution; they find nothing to do, and end.
    change.adopt(worker)
    progress.publish()
    for cpu in 0..<cpus {
      change.jump(from: worker, to: fibers + cpu)
      change.discard(fibers + cpu, on: worker)
    }
    change.discardWorker(worker)
    stacks.deinitialize(count: cpus)
    stacks.deallocate()
    fibers.deallocate()
  }

  package func run(_ count: Int, first: Int, _ bodies: CarriedBodies) {
    precondition(count <= cpus, "\(count) CPUs on a carrier of \(cpus)")
    execution.begin(bodies)
    change.adopt(worker)
    progress.begin(count, first: first)
    change.jump(from: worker, to: fibers + first)
    progress.finish()
    execution.end()
    if wasAbandoned { restore() }
  }

  package var isUsable: Bool { true }

  package func abandon(from cpu: Int) -> Never {
    wasAbandoned = true
    change.jump(from: fibers + cpu, to: worker)
    fatalError("somebody went on with a coroutine that was given up")
  }

  /// Makes the coroutines anew that did not come to their end.
  private func restore() {
    wasAbandoned = false
    for cpu in 0..<cpus where progress.isLeft(cpu) {
      change.discard(fibers + cpu, on: worker)
      (fibers + cpu).initialize(to: Fiber(cpu: cpu, carrier: self))
      change.prepare(fibers + cpu, on: stacks[cpu])
      change.introduce(fibers + cpu)
    }
  }

  @inline(__always)
  package func handOver(from cpu: Int, to other: Int) {
    progress.checkHandOver(from: cpu, to: other)
    if let shortcut { return shortcut(fibers + cpu, fibers + other) }
    change.jump(from: fibers + cpu, to: fibers + other)
  }

  /// The life of a coroutine: an execution for each time that somebody hands over to it.
  ///
  /// While it waits for the next one it holds nothing that counts references, or its carrier would
  /// never end.
  static func live(_ address: UnsafeMutableRawPointer) -> Never {
    let fiber = address.assumingMemoryBound(to: Fiber.self)
    let carrier = fiber.pointee.carrier
    let change = carrier._withUnsafeGuaranteedRef { $0.change }
    change.arrive(in: fiber)
    while let next = carrier._withUnsafeGuaranteedRef({ $0.carry(fiber.pointee.cpu) }) {
      change.jump(from: fiber, to: next)
    }
    change.jump(from: fiber, to: carrier._withUnsafeGuaranteedRef { $0.worker })
    fatalError("somebody went on with a coroutine that had ended")
  }

  /// Runs the body of a CPU.
  /// - Returns: who goes on; nil if there is no body, and never will be.
  @inline(never)
  private func carry(_ cpu: Int) -> UnsafeMutablePointer<Fiber>? {
    progress.enter()
    guard execution.isPresent else { return nil }
    execution.runBody(of: cpu)
    let next = execution.successor(of: cpu)
    progress.end(cpu)
    progress.checkSuccessor(next)
    return fibers + (next ?? cpus)
  }
}
