import Dispatch
import IOVA
import Invariants
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where threads wait for each other.
private final class Arrivals: Sendable {
  private let count = Atomic<Int>(0)

  func wait(for all: Int) {
    count.add(1, ordering: .acquiringAndReleasing)
    while count.load(ordering: .acquiring) < all {}
  }
}

/// Keeps the lock of the tables' memory for a while, so that all who want a table wait for it.
private final class Dozer: Supervisor {
  func acquiring(_ lock: LockID, on cpu: CPU) {}
  func observed(_ event: DomainEvent, on cpu: CPU) {}
  func oops(_ oops: Oops, on cpu: CPU) {}

  func releasing(_ lock: LockID, on cpu: CPU) {
    if lock == .tableMemory { usleep(1000) }
  }
}

/// Page tables under threads that really run at the same time.
@Suite struct `CPUs that map neighbours at once` {
  private static let rounds = 50
  private static let mebibytes: UInt64 = 8

  /// Runs one body for each CPU, all of them at once, and waits.
  private func atOnce(_ cpus: Int, _ body: @escaping @Sendable (CPU) -> Void) {
    let arrivals = Arrivals()
    let group = DispatchGroup()
    for index in 0..<cpus {
      DispatchQueue(label: "cpu\(index)").async(group: group) {
        arrivals.wait(for: cpus)
        body(CPU(index))
      }
    }
    group.wait()
  }

  @Test(arguments: [2, 4])
  func `lose no mapping and leak no table`(cpus: Int) throws {
    for round in 0..<Self.rounds {
      let machine = Machine(cpus: cpus)
      let physical = PhysicalMemory(lowPages: 64, highPages: 0)
      let configuration = TableConfiguration()
      let table = try PageTable(configuration, in: physical, on: machine)
      // In every MiB each CPU maps a page of its own, so that all of them want a table for it.
      atOnce(cpus) { cpu in
        for mebibyte in 0..<Self.mebibytes {
          let iova = DMAAddress(mebibyte << 20 + UInt64(cpu.index) * 4096)
          let result = table.map(
            iova, to: PhysicalAddress(iova.raw + (1 << 30)), .small, .readWrite, on: cpu)
          precondition(result.failure == nil, "cpu \(cpu): \(result)")
        }
      }
      var model = NaiveTranslation(configuration)
      for mebibyte in 0..<Self.mebibytes {
        for cpu in 0..<UInt64(cpus) {
          let iova = mebibyte << 20 + cpu * 4096
          let failure = model.map(iova, to: iova + (1 << 30), .small, .readWrite)
          #expect(failure == nil)
        }
      }
      let snapshot = table.snapshot()
      let view = TranslationView(table: snapshot, expected: model)
      for violation in Invariant<PageTableSnapshot>.atRest.map({ $0.judge(snapshot) })
        + [Invariant.walksAgreeWithTheModel.judge(view)]
      {
        #expect(violation == nil, "round \(round)")
      }
      table.teardown(on: CPU(0))
      #expect(physical.pagesTaken == 0)
    }
  }

  @Test func `lose one to a plain store, once one of them dozes at the right moment`() throws {
    var configuration = TableConfiguration()
    configuration.faults = FaultSet([.p09])
    for _ in 0..<Self.rounds {
      let machine = Machine(cpus: 2, supervisor: Dozer())
      let physical = PhysicalMemory(lowPages: 64, highPages: 0)
      let table = try PageTable(configuration, in: physical, on: machine)
      atOnce(2) { cpu in
        let iova = DMAAddress(UInt64(cpu.index) * 4096)
        _ = table.map(iova, to: PhysicalAddress(1 << 30), .small, .readWrite, on: cpu)
      }
      let snapshot = table.snapshot()
      if Invariant<PageTableSnapshot>.atRest.contains(where: { $0.judge(snapshot) != nil }) {
        return
      }
    }
    Issue.record("no table was lost in \(Self.rounds) rounds")
  }

  @Test func `split one group together, and each keeps what the others did not unmap`() throws {
    for round in 0..<Self.rounds {
      var configuration = TableConfiguration()
      configuration.revision = .linux6_12
      let machine = Machine(cpus: 4)
      let physical = PhysicalMemory(lowPages: 64, highPages: 0)
      let table = try PageTable(configuration, in: physical, on: machine)
      let whole = table.map(
        DMAAddress(0), to: PhysicalAddress(1 << 30), .supersection, .readWrite, on: CPU(0))
      #expect(whole.failure == nil)
      atOnce(4) { cpu in
        var gather = UnmapGather()
        let iova = DMAAddress(UInt64(cpu.index) * 4096)
        let bytes = table.unmap(iova, .small, into: &gather, on: cpu)
        precondition(bytes == 4096, "cpu \(cpu) unmapped \(bytes) bytes")
      }
      var model = NaiveTranslation(configuration)
      _ = model.map(0, to: 1 << 30, .supersection, .readWrite)
      for page in 0..<4 as Range<UInt64> { _ = model.unmap(page * 4096, .small) }
      let snapshot = table.snapshot()
      let view = TranslationView(table: snapshot, expected: model)
      #expect(Invariant.walksAgreeWithTheModel.judge(view) == nil, "round \(round)")
      for law in Invariant<PageTableSnapshot>.atRest {
        #expect(law.judge(snapshot) == nil, "round \(round)")
      }
      table.teardown(on: CPU(0))
      #expect(physical.pagesTaken == 0)
    }
  }
}
