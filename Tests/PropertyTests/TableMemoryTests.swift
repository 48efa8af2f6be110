import IOVA
import Invariants
import Testing

private let mebibyte: UInt64 = 1 << 20

@Suite struct `Memory for tables` {
  private func example(
    _ strategy: TableMemory.Strategy, debugging: Bool = false, lowPages: Int = 4096
  ) throws -> ExampleTable {
    var configuration = TableConfiguration()
    configuration.strategy = strategy
    configuration.debugsSlabs = debugging
    return try ExampleTable(configuration, lowPages: lowPages)
  }

  private func fill(_ example: ExampleTable, tables: UInt64) {
    for index in 0..<tables { example.map(index * mebibyte, to: 0, .small) }
  }

  @Test(
    arguments: [
      (.slab, 64), (.general, 64), (.pool, 4096), (.fragments, 64),
      (.pages, 256),
    ] as [(TableMemory.Strategy, Int)])
  func `for 64 tables takes what the strategy does`(
    strategy: TableMemory.Strategy, kibibytes: Int
  ) throws {
    let example = try example(strategy)
    fill(example, tables: 64)
    #expect(example.table.tables.counts.live == 64)
    #expect(example.table.tables.counts.bytesHeld == kibibytes * 1024)
  }

  @Test func `from a slab is four tables a page, and reused at once`() throws {
    let example = try example(.slab)
    for (tables, pages) in [(1, 1), (4, 1), (5, 2), (9, 3)] as [(UInt64, Int)] {
      fill(example, tables: tables)
      #expect(example.table.tables.counts.bytesHeld == pages * 4096)
    }
    let before = example.table.tables.liveTables
    example.unmap(3 * mebibyte, .section)
    example.map(100 * mebibyte, to: 0, .small)
    #expect(example.table.tables.liveTables == before)
  }

  @Test func `from a dedicated slab is aligned with debugging too, and takes a page each`() throws {
    let example = try example(.slab, debugging: true)
    fill(example, tables: 8)
    #expect(example.table.tables.counts.bytesHeld == 8 * 4096)
    #expect(example.violations == [])
  }

  @Test func `from a pool lies idle, and lasts for all tables there can be`() throws {
    let example = try example(.pool)
    for index in 0..<4096 as Range<UInt64> {
      #expect(
        example.table.map(
          DMAAddress(index * mebibyte), to: PhysicalAddress(0), .small, .read, on: CPU(0)
        ).failure == nil)
    }
    #expect(example.table.tables.counts.bytesHeld == 4 << 20)
    #expect(example.table.tables.counts.live == 4096)
    #expect(throws: OutOfMemory.self) { try self.example(.pool, lowPages: 1000) }
  }

  @Test func `from a growing pool has to be waited for`() throws {
    let example = try example(.growingPool)
    let (iova, output) = (DMAAddress(0), PhysicalAddress(0))
    let atomic = example.table.map(iova, to: output, .small, .read, on: CPU(0))
    #expect(atomic.failure == .noMemory)
    let patient = example.table.map(
      iova, to: output, .small, .read, context: .maySleep, on: CPU(0))
    #expect(patient.failure == nil)
    #expect(example.table.tables.counts.bytesHeld == 64 << 10)
    #expect(example.table.tables.counts.sleepsInAtomicContext == 0)
  }

  @Test func `from fragments comes back with its whole chunk`() throws {
    let example = try example(.fragments)
    fill(example, tables: 64)
    for index in 0..<31 as Range<UInt64> { example.unmap(index * mebibyte, .section) }
    #expect(example.table.tables.counts.bytesHeld == 64 << 10)
    example.unmap(31 * mebibyte, .section)
    #expect(example.table.tables.counts.bytesHeld == 32 << 10)
    #expect(example.violations == [])
  }

  @Test func `below 4 GiB runs out although there is some above`() throws {
    let example = try example(.slab, lowPages: 5)
    fill(example, tables: 4)
    #expect(example.map(4 * mebibyte, to: 0, .small) == .noMemory)
    #expect(example.table.tables.counts.failures == 1)
    #expect(example.violations == [])
  }
}

@Suite struct `Simulated RAM` {
  @Test func `gives out aligned runs that do not overlap, and takes them back`() throws {
    let memory = PhysicalMemory(lowPages: 64, highPages: 8)
    var runs: [(PhysicalAddress, Int)] = []
    for order in [0, 2, 0, 4, 1, 3, 0] {
      let run = try #require(memory.takePages(order: order, from: .low, on: CPU(0)))
      #expect(run.raw % (4096 << UInt64(order)) == 0)
      let size = UInt64(4096 << order)
      for (other, otherOrder) in runs {
        #expect(run.raw + size <= other.raw || other.raw + 4096 << UInt64(otherOrder) <= run.raw)
      }
      runs.append((run, order))
    }
    #expect(memory.pagesTaken == 1 + 4 + 1 + 16 + 2 + 8 + 1)
    for (run, order) in runs { memory.returnPages(run, order: order, on: CPU(0)) }
    #expect(memory.pagesTaken == 0)
  }

  @Test func `recycled is as good as new`() throws {
    let memory = PhysicalMemory()
    var answers: [[PhysicalAddress]] = []
    for _ in 0..<2 {
      memory.recycle()
      let machine = Machine(cpus: 1, clock: .virtual)
      let table = try PageTable(.incoherent, in: memory, on: machine)
      for index in 0..<9 as Range<UInt64> {
        let address = DMAAddress(index * mebibyte)
        _ = table.map(address, to: PhysicalAddress(0), .small, .read, on: CPU(0))
      }
      let all = [table.root] + table.tables.liveTables
      answers.append(all)
      table.teardown(on: CPU(0))
      memory.recycle()
      for address in all {
        #expect(memory.walkerRead(at: address, coherent: true) == .invalid)
        #expect(memory.walkerRead(at: address, coherent: false) == .invalid)
      }
    }
    #expect(answers[0] == answers[1])
  }

  @Test func `can be given out to the last page`() {
    let memory = PhysicalMemory(lowPages: 32, highPages: 4)
    var pages: Set<PhysicalAddress> = []
    _ = memory.takePages(order: 4, from: .low, on: CPU(0)).map {
      memory.returnPages($0, order: 4, on: CPU(0))
    }
    while let page = memory.takePages(order: 0, from: .any, on: CPU(0)) { pages.insert(page) }
    #expect(pages.count == 36)
    #expect(pages.count { $0.raw >= 1 << 32 } == 4)
    #expect(memory.takePages(order: 1, from: .any, on: CPU(0)) == nil)
  }
}
