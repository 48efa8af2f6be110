import IOVA
import Invariants
import Testing

private let mebibyte: UInt64 = 1 << 20

/// Maps a page on CPU 1 while CPU 0 is in the middle of mapping its neighbour.
private final class Neighbour: @unchecked Sendable {
  var table: PageTable!
  /// What the walker found right after.
  private(set) var found: PhysicalAddress?

  func map() {
    let (iova, output) = (DMAAddress(4096), PhysicalAddress(0x5000))
    _ = table.map(iova, to: output, .small, .readWrite, on: CPU(1))
    found = TableWalker(table).translate(iova)
  }
}

@Suite struct `A page table` {
  private func expectLawful(
    _ example: ExampleTable, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(example.violations == [], sourceLocation: sourceLocation)
    #expect(example.difference == nil, sourceLocation: sourceLocation)
  }

  @Test func `leads every byte of a block to its own`() throws {
    let example = try ExampleTable()
    for (index, size) in BlockSize.allCases.enumerated() {
      let iova = 16 * mebibyte * UInt64(index)
      #expect(example.map(iova, to: 0x8000_0000, size) == nil)
      for offset in [0, 1, size.bytes / 2 + 5, size.bytes - 1] { example.translate(iova + offset) }
      example.translate(iova + size.bytes)
    }
    expectLawful(example)
  }

  @Test func `maps a run of blocks up to the first that is taken`() throws {
    let example = try ExampleTable()
    example.map(3 * 4096, to: 0x9000_0000, .small)
    let result = example.table.map(
      DMAAddress(0), to: PhysicalAddress(0x8000_0000), .small, count: 8, .readWrite, on: CPU(0))
    #expect(result == MapResult(bytes: 3 * 4096, failure: .exists))
    #expect(example.table.translate(DMAAddress(0x2008)) == PhysicalAddress(0x8000_2008))
    #expect(example.table.translate(DMAAddress(0x3000)) == PhysicalAddress(0x9000_0000))
    #expect(example.table.translate(DMAAddress(0x4000)) == nil)
  }

  @Test func `refuses what does not fit its widths, and what is not a multiple of the size`() throws
  {
    var configuration = TableConfiguration()
    configuration.inputBits = 30
    configuration.outputBits = 31
    let example = try ExampleTable(configuration)
    #expect(example.map(1 << 30, to: 0, .small) == .range)
    #expect(example.map(0, to: 1 << 31, .small) == .range)
    #expect(example.map(.max & ~4095, to: 0, .small) == .range)
    #expect(example.map(4096, to: 0, .large) == .invalid)
    #expect(example.map(0, to: 4096, .large) == .invalid)
    #expect(example.map((1 << 30) - 4096, to: (1 << 31) - 4096, .small) == nil)
    #expect(!example.unmap(1 << 30, .small))
    #expect(!example.unmap(4096, .large))
    example.translate(1 << 30)
    expectLawful(example)
  }

  @Test func `refuses a size that it was not given`() throws {
    var configuration = TableConfiguration()
    configuration.sizes = [.small, .section]
    let example = try ExampleTable(configuration)
    #expect(example.map(0, to: 0, .large) == .invalid)
    #expect(example.map(0, to: 0, .section) == nil)
    expectLawful(example)
  }

  @Test func `refuses a mapping that permits nothing, from 6.11 on`() throws {
    let today = try ExampleTable()
    #expect(today.map(0, to: 0, .small, []) == .invalid)
    let before = try ExampleTable(.under(.linux6_1))
    #expect(before.map(0, to: 0, .small, []) == nil)
    #expect(before.table.translate(DMAAddress(0)) == nil)
    expectLawful(today)
    expectLawful(before)
  }

  @Test func `refuses to map over a block, at either level`() throws {
    let example = try ExampleTable()
    example.map(0, to: 0, .section)
    #expect(example.map(0, to: 0, .section) == .exists)
    #expect(example.map(4096, to: 0, .small) == .exists)
    #expect(example.map(0, to: 0, .supersection) == .exists)
    example.map(mebibyte + 4096, to: 0, .small)
    #expect(example.map(mebibyte, to: 0, .large) == .exists)
    expectLawful(example)
  }

  @Test func `discards a table and its pages for a block`() throws {
    let example = try ExampleTable()
    example.map(5 * mebibyte, to: 0x8000_0000, .small)
    #expect(example.map(0, to: 0x9000_0000, .supersection) == nil)
    #expect(example.table.tables.counts.live == 0)
    example.translate(5 * mebibyte)
    expectLawful(example)
  }

  @Test func `that can't map 16 MiB has discarded the tables before the obstacle`() throws {
    let example = try ExampleTable()
    example.map(0, to: 0x8000_0000, .small)
    example.map(mebibyte, to: 0x8000_0000, .section)
    example.map(2 * mebibyte, to: 0x8000_0000, .small)
    #expect(example.map(0, to: 0x9000_0000, .supersection) == .exists)
    #expect(example.table.tables.counts.live == 1)
    for start in 0..<3 as Range<UInt64> { example.translate(start * mebibyte) }
    expectLawful(example)
  }

  @Test func `keeps an empty table until its whole MiB is unmapped`() throws {
    let example = try ExampleTable()
    example.map(0, to: 0x8000_0000, .small)
    #expect(example.unmap(0, .small))
    #expect(!example.unmap(0, .small))
    #expect(example.table.tables.counts.live == 1)
    #expect(example.unmap(0, .section))
    #expect(example.table.tables.counts.live == 0)
    #expect(!example.unmap(0, .section))
    expectLawful(example)
  }

  @Test func `unmaps 64 KiB of single pages, if all of them are there`() throws {
    let example = try ExampleTable()
    for page in 0..<16 as Range<UInt64> { example.map(page * 4096, to: page * 8192, .small) }
    #expect(example.unmap(15 * 4096, .small))
    #expect(!example.unmap(0, .large))
    example.map(15 * 4096, to: 0, .small)
    #expect(example.unmap(0, .large))
    expectLawful(example)
  }

  @Test(
    arguments: [
      (.large, .small), (.section, .small), (.section, .large),
      (.supersection, .small), (.supersection, .large), (.supersection, .section),
    ] as [(BlockSize, BlockSize)])
  func `splits a block up to 6.12, and refuses to from 6.13 on`(
    whole: BlockSize, part: BlockSize
  ) throws {
    for revision in [Revision.linux6_12, .linux7_2] {
      let example = try ExampleTable(.under(revision))
      example.map(0, to: 0x8000_0000, whole, [.read, .noExecute])
      let lo = 5 * part.bytes
      #expect(example.unmap(lo, part) == (revision == .linux6_12))
      for iova in [0, lo - 1, lo, lo + part.bytes - 1, lo + part.bytes, whole.bytes - 1] {
        example.translate(iova)
      }
      expectLawful(example)
    }
  }

  @Test func `that gets no table for the rest of a block unmaps nothing`() throws {
    let example = try ExampleTable(.under(.linux6_12))
    example.map(0, to: 0x8000_0000, .supersection)
    example.machine.memory.starve(CPU(0))
    #expect(!example.unmap(0, .small, hasMemory: false))
    for iova in [0, mebibyte, 15 * mebibyte] { example.translate(iova) }
    example.machine.memory.feed(CPU(0))
    #expect(example.unmap(0, .small))
    expectLawful(example)
  }

  @Test func `without memory for a table maps nothing, and has lost nothing`() throws {
    let example = try ExampleTable()
    example.map(0, to: 0x8000_0000, .small)
    example.machine.memory.starve(CPU(0))
    #expect(example.map(mebibyte, to: 0x8000_0000, .small) == .noMemory)
    #expect(example.map(4096, to: 0x8000_0000, .small) == nil)
    #expect(example.map(mebibyte, to: 0x8000_0000, .section) == nil)
    #expect(example.log.oopsesSeen == [])
    expectLawful(example)
  }

  @Test func `leaves tables to a caller that keeps them, until its own flush`() throws {
    let example = try ExampleTable()
    example.map(0, to: 0x8000_0000, .small)
    var gather = UnmapGather(.deferred, keepsTables: true)
    let reach = DMARange(DMAAddress(0), bytes: mebibyte)
    #expect(example.table.unmap(DMAAddress(0), .section, into: &gather, on: CPU(0)) == mebibyte)
    #expect(gather.range == nil)
    #expect(gather.tables.count == 1)
    #expect(example.table.tables.counts.live == 1)
    for event in [TableEvent.flushBegan(reach), .flushEnded(reach)] { example.log.append(event) }
    for table in gather.tables { example.table.release(table, on: CPU(0)) }
    #expect(example.table.tables.counts.live == 0)
    #expect(Invariant.tablesOutliveWalks.judge(example.log.history) == nil)
  }

  @Test func `gathers what strict callers have to invalidate`() throws {
    let example = try ExampleTable()
    for page in 0..<4 as Range<UInt64> { example.map(page * 4096, to: 0, .small) }
    var gather = UnmapGather()
    let bytes = example.table.unmap(DMAAddress(0), .small, count: 9, into: &gather, on: CPU(0))
    #expect(bytes == 4 * 4096)
    #expect(gather.range == DMARange(DMAAddress(0), bytes: 4 * 4096))
  }

  @Test func `for a walker that is not coherent cleans what it writes`() throws {
    let example = try ExampleTable(.incoherent)
    example.map(0, to: 0x8000_0000, .large)
    example.map(mebibyte, to: 0x8000_0000, .section)
    example.unmap(0, .large)
    for iova in [0, mebibyte] { example.translate(iova) }
    example.unmap(0, .section)
    expectLawful(example)
  }

  @Test func `that another CPU has linked and not yet cleaned is cleaned by who uses it`() throws {
    let machine = Machine(cpus: 2, clock: .virtual)
    let late = Neighbour()
    let table = try PageTable(
      .incoherent, in: PhysicalMemory(), on: machine,
      hooks: TableHooks(observe: { event, cpu in
        if case .linked = event, cpu == CPU(0) { late.map() }
      }))
    late.table = table
    let result = table.map(DMAAddress(0), to: PhysicalAddress(0), .small, .read, on: CPU(0))
    #expect(result.failure == nil)
    #expect(late.found == PhysicalAddress(0x5000))
  }

  @Test func `with extended tables takes them from above 4 GiB`() throws {
    var configuration = TableConfiguration.extended
    configuration.quirks.insert(.extendedTables)
    configuration.inputBits = 34
    let example = try ExampleTable(configuration)
    example.map(3 << 32, to: 7 << 32, .small)
    example.translate(3 << 32)
    #expect(example.table.tables.liveTables.allSatisfy { $0.raw >= 1 << 32 })
    expectLawful(example)
  }

  @Test func `gives all memory back at its end`() throws {
    let strategies: [TableMemory.Strategy] = [
      .slab, .general, .pool, .growingPool, .fragments, .pages,
    ]
    for strategy in strategies {
      var configuration = TableConfiguration.under(.linux6_12)
      configuration.strategy = strategy
      let example = try ExampleTable(configuration)
      for index in 0..<40 as Range<UInt64> {
        let result = example.table.map(
          DMAAddress(index * mebibyte), to: PhysicalAddress(0), .small, .read, context: .maySleep,
          on: CPU(0))
        #expect(result.failure == nil)
      }
      example.table.teardown(on: CPU(0))
      #expect(example.physical.pagesTaken == 0)
      #expect(example.table.tables.counts.live == 0)
      #expect(example.log.oopsesSeen == [])
      #expect(example.violations == [])
    }
  }

  @Test func `is refused in a format that does not exist`() {
    func refusal(_ change: (inout TableConfiguration) -> Void) -> TableConfiguration.Refused? {
      var configuration = TableConfiguration()
      change(&configuration)
      return configuration.refusal
    }
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0.quirks = TableQuirks(rawValue: 64) } == .unknownQuirk)
    #expect(refusal { $0.quirks = .extendedOutput } == .extendedOutputWithPermissions)
    #expect(refusal { $0.quirks = [.extendedTables] } == .extendedTablesAlone)
    #expect(refusal { $0.inputBits = 33 } == .inputBits)
    #expect(refusal { $0.outputBits = 33 } == .outputBits)
    #expect(TableConfiguration.extended.refusal == nil)
  }
}
