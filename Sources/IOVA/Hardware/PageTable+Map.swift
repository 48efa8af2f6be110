/// Why a mapping was refused.
public enum MapFailure: String, Hashable, Sendable {
  /// Something is already mapped there.
  case exists
  /// An address does not fit the configured widths.
  case range
  /// No memory for a second-level table; what is mapped stays as it was.
  case noMemory
  /// The size is not supported, an address is not a multiple of it, or no access is permitted.
  case invalid
}

/// The outcome of a request to map.
public struct MapResult: Hashable, Sendable {
  /// Bytes mapped, counted from the first address.
  public var bytes: UInt64
  /// Why it stopped early; nil if everything was mapped.
  public var failure: MapFailure?

  public init(bytes: UInt64, failure: MapFailure? = nil) {
    self.bytes = bytes
    self.failure = failure
  }
}

extension PageTable {
  /// Maps `count` blocks of one size in a row; stops at the first that can't be mapped.
  ///
  /// A block of the first level replaces second-level tables there, and their mappings are gone
  /// (rule 93): the caller has to know that the addresses are free.
  /// - Complexity: O(count)
  /// - Linux: `arm_v7s_map_pages`
  public func map(
    _ iova: DMAAddress, to output: PhysicalAddress, _ size: BlockSize, count: Int = 1,
    _ protection: Protection, context: MemoryContext = .atomic, on cpu: CPU
  ) -> MapResult {
    if let failure = refusal(iova, output, size, count) {
      return MapResult(bytes: 0, failure: failure)
    }
    guard protection.permitsAccess else {
      return rules.mapsNothingSilently
        ? MapResult(bytes: size.bytes &* UInt64(count))
        : MapResult(bytes: 0, failure: .invalid)
    }
    var done: UInt64 = 0
    let bytes = size.bytes &* UInt64(count)
    while done < bytes {
      let entry = Descriptor(size, at: output + done, protection, quirks)
      if let failure = put(entry, size, at: iova.raw &+ done, context, cpu) {
        return MapResult(bytes: done, failure: failure)
      }
      done &+= size.bytes
    }
    return MapResult(bytes: done)
  }

  private func refusal(
    _ iova: DMAAddress, _ output: PhysicalAddress, _ size: BlockSize, _ count: Int
  ) -> MapFailure? {
    precondition(count > 0, "at least one block is mapped")
    guard fits(iova.raw, size, count, below: inputEnd) else { return .range }
    guard fits(output.raw, size, count, below: outputEnd) else { return .range }
    guard (iova.raw | output.raw) & (size.bytes - 1) == 0 else { return .invalid }
    return configuration.sizes.contains(size) ? nil : .invalid
  }

  @inline(__always)
  func fits(_ address: UInt64, _ size: BlockSize, _ count: Int, below end: UInt64) -> Bool {
    address < end && UInt64(count) <= (end &- address) >> size.shift
  }

  /// Writes one block's entry into its words.
  @inline(__always)
  private func put(
    _ entry: Descriptor, _ size: BlockSize, at iova: UInt64, _ context: MemoryContext,
    _ cpu: CPU
  ) -> MapFailure? {
    let first = firstSlot(iova)
    if size.level == .first { return putFirst(entry, size, first, iova, cpu) }
    let table: Int
    let found = physical.load(first)
    if found.isTable, let word = physical.word(at: found.table(quirks)) {
      table = word
      // The CPU that put it there may not have cleaned its entry yet.
      showExchanged(first)
    } else {
      switch descend(found, first, iova, context, cpu) {
      case .success(let word): table = word
      case .failure(let failure): return failure.reason
      }
    }
    let slot = table &+ secondIndex(iova)
    for index in slot..<slot &+ size.slots where physical.load(index).isValid { return .exists }
    write(entry, at: slot, count: replicas(size), on: cpu)
    return nil
  }

  @inline(__always)
  private func replicas(_ size: BlockSize) -> Int {
    size.isContiguous && faults.contains(.p16) ? BlockSize.replicas - 1 : size.slots
  }

  /// Writes a block of 1 or 16 MiB, replacing tables.
  private func putFirst(
    _ entry: Descriptor, _ size: BlockSize, _ slot: Int, _ iova: UInt64, _ cpu: CPU
  ) -> MapFailure? {
    for index in 0..<size.slots {
      let found = physical.load(slot + index)
      if found.isTable {
        write(.invalid, at: slot + index, count: 1, on: cpu)
        let reach = reach(of: iova + UInt64(index) * TableLevel.firstLevelReach)
        retire(found.table(quirks), reach: reach, cpu)
      } else if found.isValid {
        return .exists
      }
    }
    write(entry, at: slot, count: replicas(size), on: cpu)
    return nil
  }
}
