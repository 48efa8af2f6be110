import IOVA
import Synchronization

/// Counts what the kernel would have crashed of, and lets the domain go on.
final class OopsCounter: Supervisor {
  private let found = Atomic<Int>(0)

  var count: Int { found.load(ordering: .relaxed) }

  func acquiring(_ lock: LockID, on cpu: CPU) {}
  func releasing(_ lock: LockID, on cpu: CPU) {}
  func observed(_ event: DomainEvent, on cpu: CPU) {}
  func oops(_ oops: Oops, on cpu: CPU) { found.add(1, ordering: .relaxed) }
}
