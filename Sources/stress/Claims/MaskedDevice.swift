import IOVA

/// A PCI device with a DMA mask, as far as its allocations go (rules 80 to 82).
///
/// Plain calls of the allocator, as the DMA layer makes them.
struct MaskedDevice {
  /// How often a device tries below 4 GiB first, once that failed.
  enum Workaround {
    /// Each time (up to 6.3).
    case each
    /// Never again (from 6.4 on).
    case oneShot
  }

  private let domain: IOVADomain
  private let workaround: Workaround
  /// Whether the next allocation tries below 4 GiB first; decided when the device is probed.
  private var triesLow: Bool
  /// The highest address it can use, inclusive; 32 bits until its driver says more.
  var mask: UInt64 = 1 << 32 - 1
  private(set) var lowAttempts = 0

  /// Probes the device; what `forcesHigh` becomes later changes nothing.
  init(in domain: IOVADomain, _ workaround: Workaround, forcesHigh: Bool = false) {
    self.domain = domain
    self.workaround = workaround
    triesLow = !forcesHigh
  }

  mutating func allocate(_ pages: UInt64) -> PFN? {
    let shift = domain.configuration.granule.shift
    let boundary = domain.configuration.effectiveBoundary
    let limit = mask >> shift
    if limit >= boundary, triesLow {
      lowAttempts += 1
      let low = AddressLimit(PFN(boundary - 1))
      // A shortage there says nothing about what is cached above: no flush.
      if let pfn = domain.allocateFast(pages, below: low, flush: false, on: CPU(0)) { return pfn }
      if workaround == .oneShot { triesLow = false }
    }
    return domain.allocateFast(pages, below: AddressLimit(PFN(limit)), flush: true, on: CPU(0))
  }
}
