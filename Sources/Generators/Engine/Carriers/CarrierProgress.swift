import Synchronization

/// Which CPUs of an execution have not returned; also what orders an execution for ThreadSanitizer.
///
/// Coroutines announce their switches without an order, or no race would ever be seen. The two
/// words here put back what is really ordered: all of an execution comes after what was done
/// before it, and before what is done after it. No CPU is ordered before another one's body.
struct CarrierProgress: ~Copyable {
  private let executions = Atomic<UInt64>(0)
  /// A bit for each CPU. One runs at a time, so nothing has to be changed in one instruction.
  private let left = Atomic<UInt64>(0)

  /// Before an execution, on the worker.
  func begin(_ count: Int, first: Int) {
    precondition(count > 0, "an execution has at least one CPU")
    precondition(first >= 0 && first < count, "cpu\(first) is none of the \(count) that run")
    left.store(UInt64.max >> UInt64(mostCarriedCPUs - count), ordering: .relaxed)
    publish()
  }

  /// Lets those that wait for an execution see what the worker did.
  func publish() {
    executions.store(executions.load(ordering: .relaxed) &+ 1, ordering: .releasing)
  }

  /// Before a body, on its CPU.
  func enter() { _ = executions.load(ordering: .acquiring) }

  /// After a body and all that its CPU does for this execution, on its CPU.
  func end(_ cpu: Int) {
    let others = left.load(ordering: .acquiring) & ~(1 << UInt64(cpu))
    left.store(others, ordering: .releasing)
  }

  /// After an execution, on the worker.
  func finish() { _ = left.load(ordering: .acquiring) }

  @inline(__always)
  func checkHandOver(from cpu: Int, to other: Int) {
    precondition(other != cpu, "cpu\(cpu) runs, and needs no hand-over")
    precondition(isLeft(other), "cpu\(other) does not wait for a hand-over")
  }

  @inline(__always)
  func checkSuccessor(_ next: Int?) {
    if let next {
      precondition(isLeft(next), "cpu\(next) does not wait for a hand-over")
    } else {
      precondition(left.load(ordering: .relaxed) == 0, "a CPU that has not returned is left behind")
    }
  }

  /// Whether a CPU has not returned.
  @inline(__always)
  func isLeft(_ cpu: Int) -> Bool {
    cpu >= 0 && cpu < mostCarriedCPUs && left.load(ordering: .relaxed) >> UInt64(cpu) & 1 == 1
  }
}
