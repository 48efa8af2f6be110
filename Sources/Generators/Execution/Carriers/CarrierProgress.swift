import Synchronization

/// Which CPUs of an execution have returned; also what orders an execution for ThreadSanitizer.
///
/// Coroutines announce their switches without an order, or no race would ever be seen. The two
/// words here put back what is really ordered: all of an execution comes after what was done
/// before it, and before what is done after it.
struct CarrierProgress: ~Copyable {
  private let executions = Atomic<UInt64>(0)
  private let returned = Atomic<UInt64>(0)
  private var everyone: UInt64 = 0
  private var count = 0

  /// Before an execution, on the worker.
  mutating func begin(_ count: Int, first: Int) {
    precondition(count > 0, "an execution has at least one CPU")
    precondition(first >= 0 && first < count, "cpu\(first) is none of the \(count) that run")
    everyone = count == mostCarriedCPUs ? .max : 1 << UInt64(count) - 1
    self.count = count
    returned.store(0, ordering: .relaxed)
    _ = executions.add(1, ordering: .releasing)
  }

  /// Before the end of the carrier, when no execution comes any more.
  func beginLast() { _ = executions.add(1, ordering: .releasing) }

  /// Before a body, on its CPU.
  func enter() { _ = executions.load(ordering: .acquiring) }

  /// After a body, on its CPU.
  func end(_ cpu: Int) { _ = returned.bitwiseOr(1 << UInt64(cpu), ordering: .releasing) }

  /// After an execution, on the worker.
  func finish() { _ = returned.load(ordering: .acquiring) }

  @inline(__always)
  func checkHandOver(from cpu: Int, to other: Int) {
    precondition(other != cpu, "cpu\(cpu) runs, and needs no hand-over")
    precondition(isWaiting(other), "cpu\(other) does not wait for a hand-over")
  }

  @inline(__always)
  func checkSuccessor(_ next: Int?) {
    if let next {
      precondition(isWaiting(next), "cpu\(next) does not wait for a hand-over")
    } else {
      precondition(
        returned.load(ordering: .relaxed) == everyone, "a CPU that has not returned was left behind"
      )
    }
  }

  @inline(__always)
  private func isWaiting(_ cpu: Int) -> Bool {
    cpu >= 0 && cpu < count && returned.load(ordering: .relaxed) >> UInt64(cpu) & 1 == 0
  }
}
