/// Second-level tables: made, put in place, taken out and released.
extension PageTable {
  struct Refused: Error {
    let reason: MapFailure
  }

  /// The MiB that an address lies in, which is what a second-level table reaches.
  func reach(of iova: UInt64) -> DMARange {
    let bytes = TableLevel.firstLevelReach
    return DMARange(DMAAddress(iova & ~(bytes - 1)), bytes: bytes)
  }

  /// The second-level table below a slot of the first that is not a plain one: it is made if there
  /// is none (rule 94).
  ///
  /// - Returns: the word of its first entry.
  @inline(never)
  func descend(
    _ found: Descriptor, _ slot: Int, _ iova: UInt64, _ context: TableMemory.Context, _ cpu: CPU
  ) -> Result<Int, Refused> {
    var entry = found
    if entry == .invalid {
      guard let table = makeTable(context, cpu) else { return .failure(Refused(reason: .noMemory)) }
      guard let winner = install(table, at: slot, over: .invalid, iova, cpu) else {
        return .success(physical.word(at: table)!)
      }
      entry = winner
    }
    guard entry.isTable || faults.contains(.p15) else { return .failure(Refused(reason: .exists)) }
    let address = entry.isTable ? entry.table(quirks) : entry.output(.section, quirks)
    guard let word = physical.word(at: address) else {
      report(.tableIsAbsent, cpu)
      return .failure(Refused(reason: .exists))
    }
    return .success(word)
  }

  /// An empty table that entries can point to (rules 102, 104); nil if there is none to be had.
  func makeTable(_ context: TableMemory.Context, _ cpu: CPU) -> PhysicalAddress? {
    guard let table = tables.take(context, on: cpu) else {
      // Its address was computed and found too high, and so it was given back.
      if faults.contains(.p05) { report(.absentTableIsReleased, cpu) }
      return nil
    }
    hooks.observe?(.made(table), cpu)
    let bits: UInt64 = quirks.contains(.extendedTables) ? 35 : 32
    if table.raw >> bits != 0, !faults.contains(.p01) {
      release(table, on: cpu)
      return nil
    }
    clear(physical.word(at: table)!, count: TableLevel.secondLevelSlots)
    return table
  }

  /// Has a slot of the first level point to a table, unless it has changed meanwhile.
  ///
  /// - Returns: nil, or what another CPU put there; the table was released then.
  func install(
    _ table: PhysicalAddress, at slot: Int, over old: Descriptor, _ iova: UInt64, _ cpu: CPU
  ) -> Descriptor? {
    let entry = Descriptor(table: table, quirks)
    machine.supervisor.reach(.tableInstall, on: cpu)
    if faults.contains(.p09) {
      write(entry, at: slot, count: 1, on: cpu)
      hooks.observe?(.linked(table, reach: reach(of: iova)), cpu)
      return nil
    }
    barrier(on: cpu)
    let (exchanged, found) = physical.exchange(entry, expecting: old, at: slot)
    if exchanged { hooks.observe?(.linked(table, reach: reach(of: iova)), cpu) }
    // Also the winner's entry, who may not have come to it yet.
    showExchanged(slot)
    if exchanged { return nil }
    hooks.observe?(.lost(table), cpu)
    if !faults.contains(.p10) { release(table, on: cpu) }
    return found
  }

  /// Releases a table that the first level does not point to any more, once no walker does either.
  func retire(_ table: PhysicalAddress, reach: DMARange, _ cpu: CPU) {
    hooks.observe?(.unlinked(table, reach: reach), cpu)
    if faults.contains(.p13) {
      release(table, on: cpu)
      flush(reach, cpu)
    } else {
      flush(reach, cpu)
      release(table, on: cpu)
    }
  }

  func flush(_ range: DMARange, _ cpu: CPU) {
    barrier(on: cpu)
    hooks.observe?(.flushBegan(range), cpu)
    hooks.flushWalks(range, cpu)
    hooks.observe?(.flushEnded(range), cpu)
  }

  /// Gives back a table that nothing points to: one that an unmap left to its caller, say.
  public func release(_ table: PhysicalAddress, on cpu: CPU) {
    hooks.observe?(.released(table), cpu)
    if !tables.giveBack(table, on: cpu) { report(.absentTableIsReleased, cpu) }
  }
}
