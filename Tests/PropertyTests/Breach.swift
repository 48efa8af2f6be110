import IOVA
import Invariants
import Testing

/// One way to break one law by hand, and what is found then.
struct Breach: Sendable, CustomTestStringConvertible {
  let law: Law
  /// How it is broken, in a few words.
  let way: String
  let violation: @Sendable () throws -> Violation?

  init(_ law: Law, _ way: String, _ violation: @escaping @Sendable () throws -> Violation?) {
    self.law = law
    self.way = way
    self.violation = violation
  }

  var testDescription: String { "\(law.name): \(way)" }
}

/// A small domain that a law book watches; magazines of three, since those of two waste a quarter.
final class WatchedDomain {
  let book: LawBook
  let example: ExampleDomain

  init(
    cpus: Int = 1, _ revision: Revision = .current, faults: FaultSet = .none,
    start: UInt64 = 1, isSequential: Bool = true, credit: UInt64? = nil,
    queue: FlushOptions? = nil, dma: DMAConfiguration? = nil
  ) throws {
    book = LawBook(.every, isSequential: isSequential, cpus: cpus)
    example = try ExampleDomain(
      cpus: cpus, revision, start: start, magazine: 3, faults: faults, supervisor: book,
      credit: credit, queue: queue, dma: dma)
    book.open(example.domain)
  }

  /// What was found, once everybody is at rest.
  var violationAtRest: Violation? {
    book.judgeAtRest()
    return book.violation
  }

  /// What was found, once everything should have been given back.
  var violationWhenQuiet: Violation? {
    book.judgeQuiet()
    return book.violation
  }

  /// Allocates straight from the tree.
  @discardableResult
  func take(_ pages: UInt64, _ limit: UInt64, aligned: Bool = false) -> UInt64? {
    let limit = AddressLimit(PFN(limit))
    return example.domain.allocate(pages, below: limit, aligned: aligned, on: CPU(0))?.lo.raw
  }

  func give(_ pfn: UInt64) { example.domain.free(PFN(pfn), on: CPU(0)) }

  func reserve(_ lo: UInt64, _ hi: UInt64) {
    example.domain.reserve(PFNRange(PFN(lo), through: PFN(hi)), on: CPU(0))
  }

  /// Tells the book of something that did not happen, under the lock under which it would.
  ///
  /// - Parameter isAnnounced: whether the CPU came to all windows before.
  func pretend(_ event: DomainEvent, isAnnounced: Bool = true) {
    if isAnnounced { for window in Window.allCases { book.reached(window, on: CPU(0)) } }
    guard let lock = WatchedDomain.lock(of: event) else { return book.observed(event, on: CPU(0)) }
    book.acquiring(lock, on: CPU(0))
    book.observed(event, on: CPU(0))
    book.releasing(lock, on: CPU(0))
  }

  private static func lock(of event: DomainEvent) -> LockID? {
    switch event {
    case .began, .ended, .closing, .dma, .memoryRefused: nil
    case .allocated, .allocationFailed, .removed, .reserved, .found, .split, .returnedNothing:
      .rangeTree
    case .cached, .taken, .missed, .flushed: .cpuCache(CPU(0), 0)
    case .ringMade, .queued, .released: .flushRing(CPU(0))
    case .invalidationStarted, .invalidationFinished, .flushTimerArmed, .flushTimerBegan,
      .flushTimerEnded:
      nil
    case .stored, .fetched, .drained, .checked, .trimmed: .depot(0)
    }
  }

  /// Has the book look at the shape of the tree around a pfn.
  func inspect(_ pfn: UInt64) { pretend(.reserved(PFNRange(PFN(pfn), pages: 1), false)) }
}
