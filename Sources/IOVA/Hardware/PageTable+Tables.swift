/// Second-level tables: made, installed, unlinked and released.
extension PageTable {
  struct Refused: Error {
    let reason: MapFailure
  }

  /// The MiB that an address lies in, which is what a second-level table covers.
  func reach(of iova: UInt64) -> DMARange {
    let bytes = TableLevel.firstLevelReach
    return DMARange(DMAAddress(iova & ~(bytes - 1)), bytes: bytes)
  }

  /// The second-level table below a first-level word that is not a plain pointer to one; it is made
  /// if there is none (rule 94).
  ///
  /// - Returns: the word of its first entry.
  @inline(never)
  func descend(
    _ found: Descriptor, _ slot: Int, _ iova: UInt64, _ context: MemoryContext, _ cpu: CPU
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

  /// An empty table that entries can point to (rules 102, 104); nil if there is no memory for it.
  func makeTable(_ context: MemoryContext, _ cpu: CPU) -> PhysicalAddress? {
    guard let table = tables.take(context, on: cpu) else {
      // The kernel computed its address, found it too high, and so gave it back.
      if faults.contains(.p05) { report(.absentTableIsReleased, cpu) }
      return nil
    }
    hooks.observe?(.made(table), cpu)
    let bits: UInt64 = quirks.contains(.extendedTables) ? 35 : 32
    if table.raw >> bits != 0, !faults.contains(.p01), !faults.contains(.p01c) {
      release(table, on: cpu)
      return nil
    }
    clear(physical.word(at: table)!, count: TableLevel.secondLevelSlots)
    return table
  }

  /// Has a word of the first level point to a table, unless it has changed meanwhile.
  ///
  /// - Returns: nil, or what another CPU put there, in which case the table was released.
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
    // Also the winner's entry, which that CPU may not have cleaned yet.
    showExchanged(slot)
    if exchanged { return nil }
    hooks.observe?(.lost(table), cpu)
    if !faults.contains(.p10) { release(table, on: cpu) }
    return found
  }

  /// Releases a table that the first level no longer points to, once no walker does either.
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

  /// Gives back a table that nothing points to, such as one that an unmap left to its caller.
  public func release(_ table: PhysicalAddress, on cpu: CPU) {
    hooks.observe?(.released(table), cpu)
    if !tables.giveBack(table, on: cpu) { report(.absentTableIsReleased, cpu) }
  }
}
