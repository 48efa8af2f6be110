import Generators
import IOVA
import Invariants
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Hands everything on to a law book, and now and then falls asleep while a lock is held.
///
/// On a busy machine two threads are seldom in one critical section by chance; a sleep in it lets
/// all others come in if nothing keeps them out. With locks that lock it changes nothing but the
/// time.
final class DrowsySupervisor: Supervisor {
  private static let callsBetweenSleeps: UInt64 = 24

  private let book: LawBook
  private let calls = Atomic<UInt64>(0)

  init(_ book: LawBook) { self.book = book }

  /// The book, with this in front of it.
  var judge: Judge { book.behind(self) }

  func acquiring(_ lock: LockID, on cpu: CPU) { book.acquiring(lock, on: cpu) }

  func releasing(_ lock: LockID, on cpu: CPU) {
    doze()
    book.releasing(lock, on: cpu)
  }

  func observed(_ event: DomainEvent, on cpu: CPU) {
    book.observed(event, on: cpu)
    doze()
  }

  func oops(_ oops: Oops, on cpu: CPU) { book.oops(oops, on: cpu) }

  private func doze() {
    let call = calls.add(1, ordering: .relaxed).newValue
    if call % Self.callsBetweenSleeps == 0 { usleep(1) }
  }
}
