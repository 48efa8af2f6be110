import IOVA
import Invariants

/// Page tables: a lawful snapshot or history, and one thing changed.
extension Breach {
  /// One block of each size: 4 KiB at 0, 64 KiB at 1 MiB, 1 MiB at 2 MiB, 16 MiB at 16 MiB.
  static func lawfulTable() throws -> TranslationView {
    let example = try ExampleTable()
    example.map(0, to: 0x8000_0000, .small)
    example.map(0x10_0000, to: 0x8001_0000, .large)
    example.map(0x20_0000, to: 0x8010_0000, .section, [.read, .noExecute])
    example.map(0x100_0000, to: 0x8100_0000, .supersection, [.readWrite, .cache])
    return TranslationView(table: example.table.snapshot(), expected: example.model)
  }

  private static func table(
    _ law: Invariant<PageTableSnapshot>, _ way: String,
    _ change: @escaping @Sendable (inout PageTableSnapshot) -> Void
  ) -> Breach {
    Breach(law.law, way) {
      var snapshot = try lawfulTable().table
      change(&snapshot)
      return law.judge(snapshot)
    }
  }

  private static func walk(
    _ way: String, _ change: @escaping @Sendable (inout TranslationView) -> Void
  ) -> Breach {
    Breach(Invariant.walksAgreeWithTheModel.law, way) {
      var view = try lawfulTable()
      change(&view)
      return Invariant.walksAgreeWithTheModel.judge(view)
    }
  }

  private static func history(_ way: String, _ events: [TableEvent]) -> Breach {
    Breach(Invariant.tablesOutliveWalks.law, way) {
      Invariant.tablesOutliveWalks.judge(TableHistory(events: events))
    }
  }

  static let tables: [Breach] = walks + shapesOfTables + accounts + histories

  private static let walks: [Breach] = [
    walk("the walker sees an empty entry") { $0.table.root.walkerEntries[2] = 0 },
    walk("the walker sees an entry of old") {
      $0.table.tables[0].walkerEntries[7] = $0.table.tables[0].walkerEntries[0]
    },
    walk("a page leads elsewhere") { $0.table.tables[0].walkerEntries[0] += 1 << 12 },
    walk("a page may be written") { $0.table.root.walkerEntries[2] &= ~(1 << 15) },
    walk("a page may be executed") { $0.table.root.walkerEntries[2] &= ~(1 << 4) },
    walk("a page is not cached") { $0.table.root.walkerEntries[31] &= ~(1 << 3) },
    walk("a group lacks its last entry") { $0.table.tables[1].walkerEntries[15] = 0 },
    walk("the model has one page more") { view in
      _ = view.expected.map(0x300_0000, to: 0, .small, .read)
    },
  ]

  private static let shapesOfTables: [Breach] = [
    table(.tablesAreWellFormed, "an entry points to no table") {
      $0.root.entries[5] = 0x4100_0001
    },
    table(.tablesAreWellFormed, "two entries point to one table") {
      $0.root.entries[5] = $0.root.entries[0]
    },
    table(.tablesAreWellFormed, "a table is not aligned") {
      $0.tables[0].address = $0.tables[0].address + 64
      $0.root.entries[0] = 0
    },
    table(.tablesAreWellFormed, "a table has no owner") { $0.root.entries[0] = 0 },
    table(.tablesAreWellFormed, "an entry has no type") { $0.tables[0].entries[9] = 0x1000 },
    table(.tablesAreWellFormed, "a block is not shareable") { $0.root.entries[2] &= ~(1 << 16) },
    table(.tablesAreWellFormed, "a page is global") { $0.tables[0].entries[0] &= ~(1 << 11) },
    table(.tablesAreWellFormed, "a group lacks its first entry") { $0.root.entries[16] = 0 },
    table(.tablesAreWellFormed, "an entry of a group is another") {
      $0.tables[1].entries[3] ^= 1 << 2
    },
    table(.tablesAreWellFormed, "a group has bits below its size") { snapshot in
      for index in 16..<32 { snapshot.root.entries[index] |= 1 << 20 }
    },
  ]

  private static let accounts: [Breach] = [
    table(.tablesAreAccounted, "the first level lies above 4 GiB") {
      $0.root.address = PhysicalAddress(1 << 32)
    },
    table(.tablesAreAccounted, "a table lies above 4 GiB") {
      $0.tables[1].address = PhysicalAddress(1 << 32)
    },
    table(.tablesAreAccounted, "a table lies above 32 GiB, with the quirk") {
      $0.quirks = [.extendedOutput, .noPermissions, .extendedTables]
      $0.tables[1].address = PhysicalAddress(1 << 35)
    },
    table(.tablesAreAccounted, "a table is not linked") { $0.tablesLive += 1 },
    table(.tablesAreAccounted, "a table outlives its page table") { $0.isTornDown = true },
  ]

  private static let home = PhysicalAddress(0x4000_0000)
  private static let reach = DMARange(DMAAddress(0), bytes: 1 << 20)
  private static let other = DMARange(DMAAddress(1 << 20), bytes: 1 << 20)

  private static let histories: [Breach] = [
    history(
      "a table is released while it is linked",
      [.made(home), .linked(home, reach: reach), .released(home)]),
    history(
      "a table is released without a flush",
      [.linked(home, reach: reach), .unlinked(home, reach: reach), .released(home)]),
    history(
      "the flush began before the table was unlinked",
      [
        .linked(home, reach: reach), .flushBegan(reach), .unlinked(home, reach: reach),
        .flushEnded(reach), .released(home),
      ]),
    history(
      "the flush has not ended",
      [
        .linked(home, reach: reach), .unlinked(home, reach: reach), .flushBegan(reach),
        .released(home),
      ]),
    history(
      "the flush is of another range",
      [
        .linked(home, reach: reach), .unlinked(home, reach: reach), .flushBegan(other),
        .flushEnded(other), .released(home),
      ]),
    history("a flush ends that never began", [.flushEnded(reach)]),
  ]
}
