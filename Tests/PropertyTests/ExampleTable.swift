import IOVA
import Invariants
import Synchronization

/// Keeps what a page table announces, and what the kernel would have died of.
final class TableLog: Supervisor {
  private let events = Mutex<[TableEvent]>([])
  private let oopses = Mutex<[Oops]>([])

  var history: TableHistory { TableHistory(events: events.withLock { $0 }) }
  var oopsesSeen: [Oops] { oopses.withLock { $0 } }

  func append(_ event: TableEvent) { events.withLock { $0.append(event) } }

  func acquiring(_ lock: LockID, on cpu: CPU) {}
  func releasing(_ lock: LockID, on cpu: CPU) {}
  func observed(_ event: DomainEvent, on cpu: CPU) {}
  func oops(_ oops: Oops, on cpu: CPU) { oopses.withLock { $0.append(oops) } }
}

/// A page table beside the model of it; every call is made on both.
final class ExampleTable {
  let table: PageTable
  let physical: PhysicalMemory
  let machine: Machine
  let log = TableLog()
  private(set) var model: NaiveTranslation
  /// The first answer that was not the model's.
  private(set) var difference: String?

  init(
    _ configuration: TableConfiguration = TableConfiguration(), cpus: Int = 2,
    lowPages: Int = 4096, highPages: Int = 64,
    observe: (@Sendable (TableEvent, CPU) -> Void)? = nil
  ) throws {
    let log = log
    machine = Machine(cpus: cpus, clock: .virtual, supervisor: log)
    physical = PhysicalMemory(lowPages: lowPages, highPages: highPages)
    let hooks = TableHooks(observe: { event, cpu in
      log.append(event)
      observe?(event, cpu)
    })
    table = try PageTable(configuration, in: physical, on: machine, hooks: hooks)
    model = NaiveTranslation(configuration)
  }

  @discardableResult
  func map(
    _ iova: UInt64, to output: UInt64, _ size: BlockSize, _ protection: Protection = .readWrite,
    on cpu: Int = 0
  ) -> MapFailure? {
    let couldLackMemory = model.needsTable(iova, size)
    let (before, failures) = (model, table.tables.counts.failures)
    let result = table.map(
      DMAAddress(iova), to: PhysicalAddress(output), size, protection, on: CPU(cpu))
    var expected = model.map(iova, to: output, size, protection)
    let wasRefused = table.tables.counts.failures > failures
    if result.failure == .noMemory, wasRefused, couldLackMemory, expected == nil {
      (model, expected) = (before, .noMemory)
    }
    note(expected, result.failure, "map of \(size) at \(DMAAddress(iova))")
    note(result.failure == nil ? size.bytes : 0, result.bytes, "bytes mapped")
    return result.failure
  }

  @discardableResult
  func unmap(
    _ iova: UInt64, _ size: BlockSize, hasMemory: Bool = true, on cpu: Int = 0
  ) -> Bool {
    var gather = UnmapGather()
    let found = table.unmap(DMAAddress(iova), size, into: &gather, on: CPU(cpu)) == size.bytes
    let expected = model.unmap(iova, size, hasMemory: hasMemory)
    note(expected, found, "unmap of \(size) at \(DMAAddress(iova))")
    return found
  }

  /// Compares what CPUs and the walker find at an address with the model.
  func translate(_ iova: UInt64) {
    let expected = model.translate(iova)?.output
    note(expected, table.translate(DMAAddress(iova))?.raw, "translation of \(DMAAddress(iova))")
    let walked = TableWalker(table).translate(DMAAddress(iova))?.raw
    note(expected, walked, "walk at \(DMAAddress(iova))")
  }

  private func note<Value: Equatable>(_ expected: Value, _ found: Value, _ what: String) {
    if expected != found, difference == nil {
      difference = "\(what): expected \(expected), came \(found)"
    }
  }

  /// What is wrong at this moment: the first broken law of all, or a difference.
  var finding: String? { violations.first?.law.name ?? difference.map { _ in "difference" } }

  /// Every law that is broken at this moment.
  var violations: [Violation] {
    let snapshot = table.snapshot()
    let view = TranslationView(table: snapshot, expected: model)
    var found = Invariant<PageTableSnapshot>.atRest.compactMap { $0.judge(snapshot) }
    if !snapshot.isTornDown {
      found += [Invariant.walksAgreeWithTheModel.judge(view)].compactMap { $0 }
    }
    return found + [Invariant.tablesOutliveWalks.judge(log.history)].compactMap { $0 }
  }
}

extension TableConfiguration {
  /// A table with the rules of a release.
  static func under(_ revision: Revision) -> TableConfiguration {
    var configuration = TableConfiguration()
    configuration.revision = revision
    return configuration
  }

  static func with(_ fault: Fault) -> TableConfiguration {
    var configuration = TableConfiguration()
    configuration.faults = FaultSet([fault])
    return configuration
  }

  /// The format of MediaTek, with output addresses of 34 or 35 bits.
  static var extended: TableConfiguration {
    var configuration = TableConfiguration()
    configuration.quirks = [.extendedOutput, .noPermissions]
    configuration.outputBits = 35
    return configuration
  }

  /// A walker that does not see the CPUs' caches.
  static var incoherent: TableConfiguration {
    var configuration = TableConfiguration()
    configuration.isCoherent = false
    return configuration
  }
}
