/// A page table at one moment, to be judged from outside.
package struct PageTableSnapshot: Sendable {
  /// One table, as CPUs see it and as the walker sees it.
  package struct Image: Sendable {
    package var address: PhysicalAddress
    package var entries: [UInt32]
    /// Empty if not asked for.
    package var walkerEntries: [UInt32]

    package init(address: PhysicalAddress, entries: [UInt32], walkerEntries: [UInt32]) {
      self.address = address
      self.entries = entries
      self.walkerEntries = walkerEntries
    }
  }

  package var inputBits: Int
  package var outputBits: Int
  package var quirks: TableQuirks
  package var root: Image
  /// Every second-level table that is given out, linked or not, in ascending order.
  package var tables: [Image]
  /// How many tables `TableMemory` counts as given out.
  package var tablesLive: Int
  package var isTornDown: Bool

  package init(
    inputBits: Int, outputBits: Int, quirks: TableQuirks, root: Image, tables: [Image],
    tablesLive: Int, isTornDown: Bool
  ) {
    self.inputBits = inputBits
    self.outputBits = outputBits
    self.quirks = quirks
    self.root = root
    self.tables = tables
    self.tablesLive = tablesLive
    self.isTornDown = isTornDown
  }
}

extension PageTable {
  /// The table as it is now; only while nobody maps or unmaps. O(tables)
  ///
  /// - Parameter asWalker: whether the walker's view is needed.
  package func snapshot(asWalker: Bool = true) -> PageTableSnapshot {
    let isTornDown = guarded.inspect { $0.isTornDown }
    let counts = tables.restingCounts
    return PageTableSnapshot(
      inputBits: configuration.inputBits, outputBits: configuration.outputBits, quirks: quirks,
      root: image(root, isTornDown ? 0 : configuration.firstLevelSlots, asWalker),
      tables: tables.liveTables.map { image($0, TableLevel.secondLevelSlots, asWalker) },
      tablesLive: counts.live, isTornDown: isTornDown)
  }

  private func image(
    _ address: PhysicalAddress, _ count: Int, _ asWalker: Bool
  ) -> PageTableSnapshot.Image {
    let word = physical.word(at: address)!
    let coherent = configuration.isSeenAtOnce
    return PageTableSnapshot.Image(
      address: address,
      entries: (0..<count).map { physical.load(word + $0).raw },
      walkerEntries: (0..<(asWalker ? count : 0)).map { index in
        physical.walkerRead(at: address + UInt64(4 * index), coherent: coherent)?.raw ?? 0
      })
  }
}
