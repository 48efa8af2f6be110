import Generators
import IOVA
import Testing

/// An allocator as code under test, whose callers note what is theirs.
private final class Shared: Sendable {
  private let domain: IOVADomain
  private let taken = Stage.Mutex<[UInt64]>([], "taken")
  /// Whether an address is noted as nobody's before it is given back, or only afterwards.
  private let notesFirst: Bool

  init(notesFirst: Bool) {
    self.notesFirst = notesFirst
    var configuration = DomainConfiguration()
    configuration.revision.cache.magazineCapacity = 1
    guard let domain = try? IOVADomain(on: Machine(cpus: 2), configuration) else {
      preconditionFailure("a machine that grants all memory makes any domain")
    }
    self.domain = domain
  }

  /// Whether the address is nobody else's.
  func allocate(_ cpu: CPU) -> Bool {
    let limit = AddressLimit(PFN(1))
    guard let pfn = domain.allocateFast(1, below: limit, flush: true, on: cpu) else { return true }
    return taken.withLock { taken in
      defer { taken.append(pfn.raw) }
      return !taken.contains(pfn.raw)
    }
  }

  func free() -> Bool {
    let pfn = taken.withLock { notesFirst ? $0.popLast() : $0.last }
    guard let pfn else { return true }
    domain.freeFast(PFN(pfn), 1, on: CPU(0))
    if !notesFirst { taken.withLock { $0.removeAll { $0 == pfn } } }
    return true
  }

  static func interleavings(notesFirst: Bool) -> Interleavings<Shared, Void> {
    Interleavings(
      "an allocator", model: (), settings: PropertySettings(seed: Seed(1), cases: 2_000),
      folder: .nowhere
    ) { Shared(notesFirst: notesFirst) }
    .operation("allocate on CPU 0", onlyThread: 1, { $0.allocate(CPU(0)) }, model: { _ in true })
    .operation("allocate on CPU 1", onlyThread: 2, { $0.allocate(CPU(1)) }, model: { _ in true })
    .operation("free", onlyThread: 1, { $0.free() }, model: { _ in true })
  }
}

@Suite struct `The allocator on a stage` {
  @Test func `has its locks there, as any code under test, and is lawful in all orders`() throws {
    let report = try Shared.interleavings(notesFirst: true).check()
    #expect(report.executions == 2_000 && report.inversion == nil)
    let proof = try Shared.interleavings(notesFirst: true).prove(threads: 2, operations: 1)
    #expect(proof.isProof && proof.programs == proof.exhausted)
  }

  @Test func `gives an address to somebody else as soon as it is given back`() throws {
    let failure = try #require(throws: InterleavingFailure.self) {
      try Shared.interleavings(notesFirst: false).check()
    }
    #expect((failure.calls, failure.switches) == (3, 2))
    #expect(failure.description.contains("locks cpuCache(cpu0, class 0)"))
  }
}
