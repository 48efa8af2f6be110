/// A device as the DMA layer sees it when it is probed.
public struct DMADevice: Hashable, Sendable {
  /// The highest page that it can address, inclusive; nil if its driver did not say so yet, which
  /// counts as 32 bits. A driver may say so later: `IOVADomain.setMask`.
  public var mask: PFN?
  /// Bytes that it can address of the page above `mask`, fewer than a page: of a limit that is no
  /// multiple of one (rule 80). None where there is no mask.
  public var part: UInt64 = 0
  /// Whether 32-bit addresses are tried first, for the sake of bridges and firmware (rule 81).
  public var isPCI: Bool
  /// Whether its driver asked for that not to be done, before it was probed (rule 82).
  public var forcesWideAddresses: Bool
  /// Whether it shares a partner's memory (ISM), which no unmapping may leave readable: in its
  /// domain none is deferred (rule 88).
  public var isISM: Bool

  public init(
    mask: PFN? = nil, isPCI: Bool = true, forcesWideAddresses: Bool = false, isISM: Bool = false
  ) {
    self.mask = mask
    self.isPCI = isPCI
    self.forcesWideAddresses = forcesWideAddresses
    self.isISM = isISM
  }
}

/// The IOMMU of a domain, and the devices behind it.
public struct DMAConfiguration: Hashable, Sendable {
  /// Its faults and its revision are those of the domain.
  public var table = TableConfiguration()
  /// At least one; commands name them by their numbers.
  public var devices: [DMADevice] = [DMADevice()]

  /// The most pages that a hypervisor copies, which devices of a guest read through, so that it has
  /// to be told of each mapping; nil if they read the page table itself (rule 87).
  public var shadow: Int?

  /// Whether devices are attached one by one, and the first of them initialises the domain;
  /// otherwise all are from the start.
  public var attachesLate = false

  public init() {}

  /// The highest page that the table can map, inclusive.
  public var aperture: PFN { PFN((1 << UInt64(table.inputBits - 12)) - 1) }

  /// What a device can address before its driver says more, inclusive (rule 80).
  ///
  /// - Parameter boundary: the first page that is not a 32-bit one.
  public func firstMask(of device: Int, boundary: UInt64) -> PFN {
    devices[device].mask ?? PFN(boundary - 1)
  }
}
