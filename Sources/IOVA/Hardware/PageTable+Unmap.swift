extension PageTable {
  /// Unmaps `count` runs of one size in a row; stops at the first that is not wholly mapped.
  ///
  /// A run may consist of smaller blocks. If it is part of a larger one, the rest stays mapped or
  /// nothing is done, as in the release (rules 98, 99). Second-level tables are only unlinked with
  /// their whole MiB (rule 97).
  /// - Parameter gather: collects what has to be invalidated.
  /// - Returns: bytes unmapped, counted from the first address.
  /// - Complexity: O(count)
  /// - Linux: `arm_v7s_unmap_pages`
  public func unmap(
    _ iova: DMAAddress, _ size: BlockSize, count: Int = 1, into gather: inout UnmapGather,
    on cpu: CPU
  ) -> UInt64 {
    precondition(count > 0, "at least one block is unmapped")
    guard fits(iova.raw, size, count, below: inputEnd) else { return 0 }
    guard iova.raw & (size.bytes - 1) == 0 else { return 0 }
    var done: UInt64 = 0
    let bytes = size.bytes &* UInt64(count)
    while done < bytes {
      guard take(size, at: iova.raw &+ done, &gather, cpu) else { break }
      done &+= size.bytes
    }
    return done
  }

  /// Clears the words of one run; false if it is not mapped, or can't be cut out of its block.
  @inline(__always)
  private func take(
    _ size: BlockSize, at iova: UInt64, _ gather: inout UnmapGather, _ cpu: CPU
  ) -> Bool {
    let first = firstSlot(iova)
    if size.level == .first { return takeFirst(size, first, iova, &gather, cpu) }
    let entry = physical.load(first)
    guard entry.isTable else {
      return entry.isValid && cutOut(size, of: entry, first, iova, &gather, cpu)
    }
    guard let table = physical.word(at: entry.table(quirks)) else {
      report(.tableIsAbsent, cpu)
      return false
    }
    return takeSecond(size, table, iova, &gather, cpu)
  }

  /// Clears words of a second-level table whose first word is `table`.
  @inline(__always)
  func takeSecond(
    _ size: BlockSize, _ table: Int, _ iova: UInt64, _ gather: inout UnmapGather, _ cpu: CPU
  ) -> Bool {
    let slot = table &+ secondIndex(iova)
    let entry = physical.load(slot)
    guard entry.isValid else { return false }
    if size == .large {
      for index in slot..<slot &+ size.slots where !physical.load(index).isValid { return false }
    } else if entry.isContiguous(at: .second) {
      guard rules.splitsBlocks || faults.contains(.tornGroup) else { return false }
      if rules.splitsBlocks { splitGroup(at: slot, .second, iova, cpu) }
    }
    write(.invalid, at: slot, count: size.slots, on: cpu)
    gather.record(DMARange(DMAAddress(iova), bytes: size.bytes))
    return true
  }

  /// Clears words of the first level, and unlinks tables.
  private func takeFirst(
    _ size: BlockSize, _ slot: Int, _ iova: UInt64, _ gather: inout UnmapGather, _ cpu: CPU
  ) -> Bool {
    for index in slot..<slot + size.slots where !physical.load(index).isValid { return false }
    if size == .section, physical.load(slot).isContiguous(at: .first) {
      guard rules.splitsBlocks else { return false }
      splitGroup(at: slot, .first, iova, cpu)
    }
    if size == .supersection, physical.load(slot).isContiguous(at: .first) {
      write(.invalid, at: slot, count: size.slots, on: cpu)
      gather.record(DMARange(DMAAddress(iova), bytes: size.bytes))
      return true
    }
    for index in 0..<size.slots {
      let entry = physical.load(slot + index)
      let reach = reach(of: iova + UInt64(index) * TableLevel.firstLevelReach)
      write(.invalid, at: slot + index, count: 1, on: cpu)
      if !entry.isTable {
        gather.record(reach)
      } else if gather.keepsTables {
        let table = entry.table(quirks)
        hooks.observe?(.unlinked(table, reach: reach), cpu)
        gather.keep(table)
      } else {
        retire(entry.table(quirks), reach: reach, cpu)
      }
    }
    return true
  }

  // MARK: Splitting

  /// Cuts a run out of a first-level block, whose rest becomes a second-level table of blocks of
  /// the run's size (rule 98).
  @inline(never)
  private func cutOut(
    _ size: BlockSize, of found: Descriptor, _ slot: Int, _ iova: UInt64,
    _ gather: inout UnmapGather, _ cpu: CPU
  ) -> Bool {
    guard rules.splitsBlocks else { return false }
    var block = found
    if block.isContiguous(at: .first) {
      splitGroup(at: slot, .first, iova, cpu)
      block = physical.load(slot)
    }
    if !block.isTable {
      guard block.isValid, let table = makeTable(.atomic, cpu) else { return false }
      fill(table, from: block, size, except: secondIndex(iova), cpu)
      guard let winner = install(table, at: slot, over: block, iova, cpu) else {
        gather.record(DMARange(DMAAddress(iova), bytes: size.bytes))
        return true
      }
      block = winner
    }
    guard block.isTable, let word = physical.word(at: block.table(quirks)) else { return false }
    return takeSecond(size, word, iova, &gather, cpu)
  }

  /// Describes a whole section, except for one block, in a table that nobody can see yet.
  private func fill(
    _ table: PhysicalAddress, from section: Descriptor, _ size: BlockSize, except hole: Int,
    _ cpu: CPU
  ) {
    let word = physical.word(at: table)!
    let output = section.output(.section, quirks)
    let protection = section.protection(.section, quirks)
    for index in stride(from: 0, to: TableLevel.secondLevelSlots, by: size.slots)
    where index != hole {
      let entry = Descriptor(
        size, at: output + UInt64(index) * BlockSize.small.bytes, protection, quirks)
      write(entry, at: word + index, count: size.slots, on: cpu)
    }
  }

  /// Rewrites the contiguous group around a word as 16 separate blocks (rule 98).
  @inline(never)
  private func splitGroup(at slot: Int, _ level: TableLevel, _ iova: UInt64, _ cpu: CPU) {
    let (whole, part): (BlockSize, BlockSize) =
      level == .first ? (.supersection, .section) : (.large, .small)
    let lo = iova & ~(whole.bytes - 1)
    let start = slot - Int((iova - lo) >> part.shift)
    guarded.withLock(on: cpu) { guarded in
      let group = physical.load(start)
      guard group.isContiguous(at: level) else { return }
      guarded.splits += 1
      let output = group.output(whole, quirks)
      let protection = group.protection(whole, quirks)
      let isLost = faults.contains(.lostRest) && level == .second
      for index in 0..<BlockSize.replicas {
        let entry = Descriptor(
          part, at: output + UInt64(index) * part.bytes, protection, quirks)
        write(isLost ? .invalid : entry, at: start + index, count: 1, isSplit: true, on: cpu)
      }
      flush(DMARange(DMAAddress(lo), bytes: whole.bytes), cpu)
    }
  }
}
