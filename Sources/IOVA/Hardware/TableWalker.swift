/// How an IOMMU reads a page table: from its base register, through memory as it sees it.
///
/// Stateless; a walk cache keeps the first-level entry only.
public struct TableWalker: Sendable {
  /// The base register: the address of the first level, with bits 32 to 34 in its lowest three
  /// bits.
  public let base: UInt32
  public let quirks: TableQuirks
  /// Whether it sees what CPUs store immediately, or only what was cleaned or has left their
  /// buffers.
  private let seesStores: Bool
  private let inputEnd: UInt64
  private let physical: PhysicalMemory

  public init(_ table: PageTable) {
    let configuration = table.configuration
    let low = UInt32(truncatingIfNeeded: table.root.raw)
    let high = UInt32(truncatingIfNeeded: table.root.raw >> 32 & 7)
    base = configuration.quirks.contains(.extendedTables) ? low | high : low
    quirks = configuration.quirks
    seesStores = configuration.isSeenAtOnce
    inputEnd = 1 << UInt64(configuration.inputBits)
    physical = table.physical
  }

  /// The first-level entry of an address; invalid if it is too high.
  @inline(__always)
  public func first(_ iova: DMAAddress) -> Descriptor {
    guard iova.raw < inputEnd else { return .invalid }
    var address = UInt64(base & ~7)
    if quirks.contains(.extendedTables) { address |= UInt64(base & 7) << 32 }
    return read(PhysicalAddress(address + ((iova.raw >> 20) << 2)))
  }

  /// The entry of an address in the table that a first-level entry points to.
  @inline(__always)
  public func second(_ iova: DMAAddress, below first: Descriptor) -> Descriptor {
    read(first.table(quirks) + ((iova.raw >> 12 & 255) << 2))
  }

  /// Where a walk ends; nil is a translation fault.
  @inline(__always)
  public func walk(_ iova: DMAAddress) -> (entry: Descriptor, size: BlockSize)? {
    walk(iova, below: first(iova))
  }

  @inline(__always)
  private func walk(
    _ iova: DMAAddress, below first: Descriptor
  ) -> (entry: Descriptor, size: BlockSize)? {
    switch first.kind(at: .first) {
    case .invalid: return nil
    case .block(let size): return (first, size)
    case .table:
      let second = second(iova, below: first)
      guard case .block(let size) = second.kind(at: .second) else { return nil }
      return (second, size)
    }
  }

  /// Where a walk for a page of 4 KiB ends; nil is a translation fault.
  func walk(page: UInt64) -> PageTranslation? {
    walk(page: page, below: first(DMAAddress(page << BlockSize.small.shift)))
  }

  /// The same, given the first-level entry of the page.
  @inline(__always)
  func walk(page: UInt64, below first: Descriptor) -> PageTranslation? {
    let iova = DMAAddress(page << BlockSize.small.shift)
    guard let (entry, size) = walk(iova, below: first) else { return nil }
    return PageTranslation(entry, size, at: iova, quirks)
  }

  /// Where a device's access leads; nil is a translation fault.
  public func translate(_ iova: DMAAddress) -> PhysicalAddress? {
    guard let (entry, size) = walk(iova) else { return nil }
    return entry.output(size, quirks) + (iova.raw & (size.bytes - 1))
  }

  /// An entry; invalid where there is no RAM.
  @inline(__always)
  private func read(_ address: PhysicalAddress) -> Descriptor {
    physical.walkerRead(at: address, coherent: seesStores) ?? .invalid
  }
}
