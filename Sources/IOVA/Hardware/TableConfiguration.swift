/// What a page table is made with.
public struct TableConfiguration: Sendable, Hashable {
  /// Bits of a device address: 20 to 32, or up to 34 with the extended output quirk.
  public var inputBits = 32
  /// Bits of a physical address: up to 32, or up to 35 with the extended output quirk.
  public var outputBits = 32
  public var quirks: TableQuirks = []
  /// The block sizes that may be mapped.
  public var sizes: [BlockSize] = BlockSize.allCases
  /// Whether the walker sees the CPUs' caches. If not, every entry is cleaned after it is written.
  public var isCoherent = true
  /// Whether the walker sees a store only at the CPU's next barrier, or when its buffer overflows.
  /// Irrelevant if entries are cleaned.
  public var buffersStores = false
  public var strategy = TableMemory.Strategy.slab
  /// Whether the kernel calls its memory below 4 GiB ZONE_DMA rather than ZONE_DMA32, as some
  /// architectures do.
  public var hasDMAZone = false
  /// Whether the slabs put red zones around their objects.
  public var debugsSlabs = false
  public var revision = Revision.current
  public var faults = FaultSet.none

  public init() {}

  /// A configuration that the format does not allow (rules 89, 101).
  public enum Refused: String, Error, Sendable {
    case unknownQuirk = "a quirk is unknown"
    case extendedOutputWithPermissions = "the extended output takes the bits of permissions"
    case extendedTablesAlone = "extended tables need the extended output"
    case inputBits = "the device addresses are too wide, or too narrow for one MiB"
    case outputBits = "the physical addresses are too wide"
  }

  /// Why no table can be made with this configuration; nil if one can.
  public var refusal: Refused? {
    if !quirks.isSubset(of: .known) { return .unknownQuirk }
    let isExtended = quirks.contains(.extendedOutput)
    if isExtended, !quirks.contains(.noPermissions) { return .extendedOutputWithPermissions }
    if quirks.contains(.extendedTables), !isExtended { return .extendedTablesAlone }
    if !(21...(isExtended ? 34 : 32)).contains(inputBits) { return .inputBits }
    if !(12...(isExtended ? 35 : 32)).contains(outputBits) { return .outputBits }
    return nil
  }

  /// Whether the walker sees each store immediately.
  var isSeenAtOnce: Bool { isCoherent && !buffersStores }

  /// Words of the first level: one for each MiB.
  public var firstLevelSlots: Int { 1 << (inputBits - 20) }

  /// The configuration with the settings that its faults need.
  var effective: TableConfiguration {
    var configuration = self
    for fault in faults.faults { fault.restoreSetting(of: &configuration) }
    return configuration
  }
}

extension Fault {
  /// Puts a configuration into the setting in which this bug lived, where that is not today's.
  func restoreSetting(of configuration: inout TableConfiguration) {
    switch self {
    case .p02: configuration.strategy = .fragments
    case .p03: configuration.strategy = .growingPool
    case .p04:
      configuration.strategy = .general
      configuration.debugsSlabs = true
    default: break
    }
  }
}
