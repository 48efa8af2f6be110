import IOVA

/// A dictionary of mapped blocks: a page table simple enough to believe.
///
/// All it knows of second-level tables is which MiB have one, since a table outlives its last page
/// (rule 97). Every operation is O(pages) or O(blocks).
public struct NaiveTranslation: Sendable {
  public struct Block: Hashable, Sendable {
    public var size: BlockSize
    public var output: UInt64
    public var protection: Protection
  }

  private static let mebibyte = BlockSize.section.bytes

  private let configuration: TableConfiguration
  /// The blocks by their first address.
  public private(set) var blocks: [UInt64: Block] = [:]
  /// The MiB, numbered from address 0, that have a second-level table.
  public private(set) var tables: Set<UInt64> = []

  public init(_ configuration: TableConfiguration) { self.configuration = configuration }

  private var rules: TableRules { configuration.revision.tables }

  /// The block that an address lies in, and where it begins.
  public func block(at iova: UInt64) -> (start: UInt64, block: Block)? {
    for size in BlockSize.allCases {
      let start = iova & ~(size.bytes - 1)
      if let block = blocks[start], block.size == size { return (start, block) }
    }
    return nil
  }

  /// Where an address leads, and the accesses permitted there.
  public func translate(_ iova: UInt64) -> (output: UInt64, protection: Protection)? {
    block(at: iova).map { start, block in
      (block.output + (iova - start), block.protection.effective(configuration.quirks))
    }
  }

  /// Whether a mapping of this size needs a table that is missing.
  public func needsTable(_ iova: UInt64, _ size: BlockSize) -> Bool {
    size.level == .second && !tables.contains(iova / NaiveTranslation.mebibyte)
  }

  // MARK: Mapping

  /// Maps one block; nil if that is right, or else why it is refused.
  public mutating func map(
    _ iova: UInt64, to output: UInt64, _ size: BlockSize, _ protection: Protection
  ) -> MapFailure? {
    let (inputEnd, outputEnd) = (
      UInt64(1) << UInt64(configuration.inputBits), UInt64(1) << UInt64(configuration.outputBits)
    )
    guard iova < inputEnd, size.bytes <= inputEnd - iova else { return .range }
    guard output < outputEnd, size.bytes <= outputEnd - output else { return .range }
    guard iova % size.bytes == 0, output % size.bytes == 0 else { return .invalid }
    guard configuration.sizes.contains(size) else { return .invalid }
    guard protection.permitsAccess else { return rules.mapsNothingSilently ? nil : .invalid }
    if size.level == .first {
      for start in stride(from: iova, to: iova + size.bytes, by: Int(NaiveTranslation.mebibyte)) {
        if dropTable(start) { continue }
        if block(at: start) != nil { return .exists }
      }
    } else {
      if let (_, block) = block(at: iova), block.size.level == .first { return .exists }
      tables.insert(iova / NaiveTranslation.mebibyte)
      for page in pages(iova, size) where block(at: page) != nil { return .exists }
    }
    blocks[iova] = Block(size: size, output: output, protection: protection)
    return nil
  }

  private func pages(_ iova: UInt64, _ size: BlockSize) -> StrideTo<UInt64> {
    stride(from: iova, to: iova + size.bytes, by: Int(BlockSize.small.bytes))
  }

  /// Removes a MiB's table and what it maps; false if it has none.
  private mutating func dropTable(_ start: UInt64) -> Bool {
    guard tables.remove(start / NaiveTranslation.mebibyte) != nil else { return false }
    for page in pages(start, .section) { blocks[page] = nil }
    return true
  }

  // MARK: Unmapping

  /// Unmaps one run; false if that is refused, when at most blocks are split.
  ///
  /// - Parameter hasMemory: whether there is memory for a table for the rest of a block.
  public mutating func unmap(_ iova: UInt64, _ size: BlockSize, hasMemory: Bool = true) -> Bool {
    let inputEnd = UInt64(1) << UInt64(configuration.inputBits)
    guard iova < inputEnd, size.bytes <= inputEnd - iova, iova % size.bytes == 0 else {
      return false
    }
    if size.level == .first { return unmapFirst(iova, size) }
    guard let (start, found) = block(at: iova) else { return false }
    if found.size.level == .first {
      guard rules.splitsBlocks else { return false }
      if found.size == .supersection { split(start, into: .section) }
      guard hasMemory else { return false }
      let mebibyte = iova / NaiveTranslation.mebibyte
      tables.insert(mebibyte)
      split(mebibyte * NaiveTranslation.mebibyte, into: size)
    } else if size == .small, found.size == .large {
      guard rules.splitsBlocks else { return false }
      split(start, into: .small)
    }
    for page in pages(iova, size) where block(at: page) == nil { return false }
    for page in pages(iova, size) { blocks[page] = nil }
    return true
  }

  private mutating func unmapFirst(_ iova: UInt64, _ size: BlockSize) -> Bool {
    let starts = stride(from: iova, to: iova + size.bytes, by: Int(NaiveTranslation.mebibyte))
    for start in starts {
      let hasTable = tables.contains(start / NaiveTranslation.mebibyte)
      guard hasTable || block(at: start) != nil else { return false }
    }
    if size == .section, let (start, found) = block(at: iova), found.size == .supersection {
      guard rules.splitsBlocks else { return false }
      split(start, into: .section)
    }
    for start in starts where !dropTable(start) { blocks[start] = nil }
    return true
  }

  /// Divides the block that begins at an address.
  private mutating func split(_ start: UInt64, into size: BlockSize) {
    guard let whole = blocks[start] else { return }
    for offset in stride(from: 0, to: whole.size.bytes, by: Int(size.bytes)) {
      blocks[start + offset] = Block(
        size: size, output: whole.output + offset, protection: whole.protection)
    }
  }
}

extension Protection {
  /// The effective permissions of a device: the format can't forbid reading, device memory is not
  /// cached, and without permission bits everything is permitted.
  public func effective(_ quirks: TableQuirks) -> Protection {
    var result = union(.read)
    if contains(.mmio) { result.remove(.cache) }
    if quirks.contains(.noPermissions) {
      result.formUnion(.readWrite)
      result.subtract([.noExecute, .privileged])
    }
    return result
  }
}
