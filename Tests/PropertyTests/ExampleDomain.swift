import IOVA

/// A small domain on virtual time, and the few calls that the examples are written in.
///
/// Magazines of two, the boundary at 16, one page a range: what is cached, in a depot or in the
/// tree can be counted on fingers.
final class ExampleDomain {
  let machine: Machine
  let domain: IOVADomain

  init(
    cpus: Int = 1, _ revision: Revision = .current, start: UInt64 = 1, magazine: Int = 2,
    bound: Int? = nil, faults: FaultSet = .none, supervisor: (any Supervisor)? = nil,
    credit: UInt64? = nil, queue: FlushOptions? = nil, defersFromStart: Bool = true,
    target: (any FlushTarget)? = nil, dma: DMAConfiguration? = nil
  ) throws {
    machine = Machine(cpus: cpus, clock: .virtual, supervisor: supervisor)
    if let credit { machine.memory.starve(CPU(0), after: credit) }
    var configuration = DomainConfiguration()
    configuration.start = PFN(start)
    configuration.boundary = 16
    configuration.revision = revision
    configuration.revision.cache.magazineCapacity = magazine
    if let bound { configuration.revision.cache.depot = .bounded(bound) }
    configuration.faults = faults
    configuration.flushQueue = queue
    configuration.defersFromStart = defersFromStart
    configuration.dma = dma
    domain = try IOVADomain(on: machine, configuration, target: target)
    machine.memory.feed(CPU(0))
  }

  func allocate(
    _ pages: UInt64 = 1, below limit: UInt64 = 1000, flush: Bool = false, on cpu: Int = 0
  ) -> UInt64? {
    domain.allocateFast(pages, below: AddressLimit(PFN(limit)), flush: flush, on: CPU(cpu))?.raw
  }

  func free(_ lo: UInt64?, _ pages: UInt64 = 1, on cpu: Int = 0) {
    if let lo { domain.freeFast(PFN(lo), pages, on: CPU(cpu)) }
  }

  func deferFree(
    _ lo: UInt64?, _ pages: UInt64 = 1, tables: TablePages = .none, on cpu: Int = 0
  ) {
    if let lo { domain.deferFree(PFN(lo), pages, tables: tables, on: CPU(cpu)) }
  }

  /// What a ring holds, from the head on.
  func ring(_ number: Int = 0) -> [UInt64] {
    domain.flushSnapshot()?.rings[number].entries.map(\.pfn.raw) ?? []
  }

  /// Allocates and frees so many ranges of one page; all of them are cached then, if they can be.
  func park(_ count: Int, below limit: UInt64 = 1000, on cpu: Int = 0) {
    let ranges = (0..<count).map { _ in allocate(below: limit, on: cpu) }
    for range in ranges { free(range, on: cpu) }
  }

  func advance(_ milliseconds: UInt64) { machine.advance(by: milliseconds, on: CPU(0)) }

  /// What the two magazines of a CPU hold, of a class.
  func magazines(of cpu: Int = 0, _ sizeClass: Int = 0) -> [[UInt64]?] {
    let snapshot = domain.cacheSnapshot(CPU(cpu), sizeClass)
    return [snapshot.loaded, snapshot.previous].map { $0?.map(\.raw) }
  }

  /// What the depot of a class holds, the top first.
  func depot(_ sizeClass: Int = 0) -> [[UInt64]] {
    domain.depotSnapshot(sizeClass).magazines.map { $0.map(\.raw) }
  }

  /// Ranges in the tree, the anchor left out.
  var rangeCount: Int { domain.searchState.count }

  /// Ends the domain; what is left should be nothing.
  @discardableResult
  func teardown() -> DomainRemains { domain.teardown(on: CPU(0)) }
}
