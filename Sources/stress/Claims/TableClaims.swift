import IOVA

/// How much memory second-level page tables take.
extension Claim {
  static let tableMemory = Claim(
    "C15", "tables: a slab fits, a pool idles, fragments grow",
    [(.tables, 64)]
  ) { knobs in
    let tables = knobs[.tables]
    let slab = try bytesHeld(tables, .slab)
    let pool = try bytesHeld(tables, .pool)
    let fragments = try bytesHeld(tables, .fragments)
    let (page, pages) = (Simulated.pageBytes, (tables + 3) / 4)
    return [
      Measure(
        "\(tables.of("table")) from a slab", stated: knobs.stated(64 << 10, or: pages * page),
        counted: slab, in: .kib),
      Measure(
        "\(tables) with slab debugging, 3 KiB each, one a page", stated: tables * page,
        counted: try bytesHeld(tables, .slab, debugging: true), in: .kib),
      Measure("\(tables.of("table")) from a pool", stated: 4096 << 10, counted: pool, in: .kib),
      Measure(
        "of the pool idle", stated: knobs.stated(984, or: 1000 * (4096 - tables) / 4096),
        counted: 1000 * (pool - tables << 10) / pool, in: .percent),
      Measure("tables that the pool lasts for", stated: 4096, counted: try tablesOfPool()),
      Measure(
        "\(tables.of("table")) from fragments of 32 KiB", stated: (tables + 31) / 32 * 8 * page,
        counted: fragments, in: .kib),
      Measure(
        // A single one lies in a fragment of its own in any case.
        "from fragments, one of 32 made being kept each time", tables > 1 ? .above : .atLeast,
        stated: fragments,
        counted: try bytesHeld(tables, .fragments, churning: true), in: .kib),
      Measure(
        "from a slab, one of 32 made being kept each time", stated: slab,
        counted: try bytesHeld(tables, .slab, churning: true), in: .kib),
      Measure(
        "a page each", stated: tables * Simulated.pageBytes,
        counted: try bytesHeld(tables, .pages), in: .kib),
    ]
  }

  /// Memory that a strategy holds for that many live tables.
  ///
  /// - Parameter churning: whether 31 more tables are made and released after each of them.
  private static func bytesHeld(
    _ tables: Int, _ strategy: TableMemory.Strategy, debugging: Bool = false,
    churning: Bool = false
  ) throws -> Int {
    var configuration = TableConfiguration()
    configuration.strategy = strategy
    configuration.debugsSlabs = debugging
    let machine = Machine(cpus: 1, clock: .virtual)
    let physical = PhysicalMemory(lowPages: 8192, highPages: 0)
    let table = try PageTable(configuration, in: physical, on: machine)
    defer { table.teardown(on: CPU(0)) }
    for index in 0..<tables {
      makeTable(index, of: table)
      // Beyond the addresses of the tables that stay.
      let others = churning ? tables..<tables + 31 : 0..<0
      for other in others { makeTable(other, of: table) }
      var gather = UnmapGather()
      for other in others {
        _ = table.unmap(address(other), .section, into: &gather, on: CPU(0))
      }
    }
    return table.tables.counts.bytesHeld
  }

  /// How many tables a pool has, counted in a window that needs more.
  private static func tablesOfPool() throws -> Int {
    var configuration = TableConfiguration()
    configuration.strategy = .pool
    configuration.quirks = [.extendedOutput, .noPermissions]
    configuration.inputBits = 34
    let machine = Machine(cpus: 1, clock: .virtual)
    let physical = PhysicalMemory(lowPages: 8192, highPages: 0)
    let table = try PageTable(configuration, in: physical, on: machine)
    defer { table.teardown(on: CPU(0)) }
    for index in 0..<configuration.firstLevelSlots {
      let result = table.map(
        address(index), to: PhysicalAddress(0), .small, .readWrite, on: CPU(0))
      if result.failure != nil { return index }
    }
    return configuration.firstLevelSlots
  }

  private static func address(_ index: Int) -> DMAAddress { DMAAddress(UInt64(index) << 20) }

  /// Maps all of a MiB in pages, so that it needs a table and can be unmapped as a whole.
  private static func makeTable(_ index: Int, of table: PageTable) {
    _ = table.map(
      address(index), to: PhysicalAddress(UInt64(index) << 20), .small, count: 256, .readWrite,
      on: CPU(0))
  }
}
