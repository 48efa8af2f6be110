import IOVA
import Invariants

/// The laws of locks: a book that is told of locks that nobody took so.
extension Breach {
  static let ofLocks: [Breach] = [
    Breach(.locksAreTakenInOrder, "a depot under the tree") {
      let book = try WatchedDomain().book
      book.acquiring(.rangeTree, on: CPU(0))
      book.acquiring(.depot(0), on: CPU(0))
      return book.violation
    },
    Breach(.locksAreTakenInOrder, "a lock that is held already") {
      let book = try WatchedDomain().book
      book.acquiring(.rangeTree, on: CPU(0))
      book.acquiring(.rangeTree, on: CPU(0))
      return book.violation
    },
    Breach(.locksAreTakenInOrder, "a lock that outlives its call") {
      let book = try WatchedDomain().book
      book.acquiring(.rangeTree, on: CPU(0))
      book.observed(.ended(.free(PFN(1)), nil), on: CPU(0))
      return book.violation
    },
    Breach(.locksAreTakenInOrder, "a lock taken with interrupts enabled") {
      let book = try WatchedDomain().book
      book.acquiring(.depot(0), on: CPU(0).asWorker.withInterrupts)
      return book.violation
    },
    Breach(.guardsAreHeld, "a range taken from the tree without its lock") {
      let watched = try WatchedDomain()
      let request = TreeRequest(pages: 1, limit: 16, aligned: false, visits: 1, byShortcut: false)
      watched.book.observed(.allocated(PFNRange(PFN(9), pages: 1), request), on: CPU(0))
      return watched.book.violation
    },
    Breach(.guardsAreHeld, "a magazine stored under the lock of the tree") {
      let watched = try WatchedDomain()
      watched.book.acquiring(.rangeTree, on: CPU(0))
      watched.book.observed(.stored(sizeClass: 0), on: CPU(0))
      return watched.book.violation
    },
    Breach(.nothingRunsAfterTeardown, "a worker that comes after teardown has begun") {
      let watched = try WatchedDomain()
      watched.example.domain.teardown(on: CPU(0))
      watched.book.acquiring(.depot(0), on: CPU(0).asWorker)
      return watched.book.violation
    },
  ]
}
