/// A device as the DMA layer sees it when it is probed.
public struct DMADevice: Hashable, Sendable {
  /// The highest page that it can address, inclusive; nil if its driver has not set it yet, which
  /// counts as 32 bits. A driver may set it later: `IOVADomain.setMask`.
  public var mask: PFN?
  /// The same for memory that it shares with its driver for good.
  public var coherentMask: PFN?
  /// Bytes that it can address of the page above `mask`, less than a page, if its limit is no
  /// multiple of a page (rule 80). 0 if there is no mask.
  public var part: UInt64 = 0
  /// Whether 32-bit addresses are tried first, for the sake of bridges and firmware (rule 81).
  public var isPCI: Bool
  /// Whether its driver opted out of that before it was probed (rule 82).
  public var forcesWideAddresses: Bool
  /// Whether it shares a partner's memory (ISM), which no unmapping may leave readable: its domain
  /// never defers invalidations (rule 88).
  public var isISM: Bool

  public init(
    mask: PFN? = nil, coherentMask: PFN? = nil, isPCI: Bool = true,
    forcesWideAddresses: Bool = false, isISM: Bool = false
  ) {
    self.mask = mask
    self.coherentMask = coherentMask
    self.isPCI = isPCI
    self.forcesWideAddresses = forcesWideAddresses
    self.isISM = isISM
  }
}

/// The IOMMU of a domain, and the devices behind it.
public struct DMAConfiguration: Hashable, Sendable {
  /// Its faults and its revision are replaced by those of the domain.
  public var table = TableConfiguration()
  /// At least one; commands name them by number.
  public var devices: [DMADevice] = [DMADevice()]

  /// The most pages that a hypervisor copies, so that it has to be told of each mapping; devices of
  /// a guest read through that copy. Nil if they read the page table itself (rule 87).
  public var shadow: Int?

  /// Whether devices are attached one by one, the first of them initialising the domain; otherwise
  /// all are attached from the start.
  public var attachesLate = false

  public init() {}

  /// The highest page that the table can map, inclusive.
  public var aperture: PFN { PFN((1 << UInt64(table.inputBits - 12)) - 1) }

  /// What a device can address before its driver sets a mask, inclusive (rule 80).
  ///
  /// - Parameter boundary: the first page beyond 32-bit addresses.
  public func firstMask(
    of device: Int, _ mask: DMAMask = .streaming, boundary: UInt64
  ) -> PFN {
    let own = mask == .coherent ? devices[device].coherentMask : devices[device].mask
    return own ?? PFN(boundary - 1)
  }
}
