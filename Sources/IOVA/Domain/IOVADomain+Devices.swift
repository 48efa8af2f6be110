/// Devices of a domain that has an IOMMU: attaching them, their accesses, and their mistakes.
extension IOVADomain {
  /// Attaches a device; the first one initialises the domain (rule 78).
  ///
  /// Any CPU may attach any device, even while others do. Takes the attachment mutex, and T under
  /// it. O(1). Linux: `iommu_dma_init_domain`.
  public func attach(_ device: Int, on cpu: CPU) {
    guard let mapper else { preconditionFailure("the domain has no IOMMU") }
    mapper.attachment.withLock(on: cpu, unless: faults.contains(.d05)) { _ in
      guard mapper.initialised.value == 0 else { return }
      machine.supervisor.reach(.initialisation, on: cpu)
      tree.withLock(on: cpu) { $0.initialise() }
      mapper.initialised.store(1)
    }
    mapper.devices[device].isAttached.store(1)
  }

  /// Whether a device is attached, so that its driver may map.
  public func isAttached(_ device: Int) -> Bool {
    mapper?.devices[device].isAttached.value == 1
  }

  /// Sets what a device can address from now on, as its driver says (rule 80).
  ///
  /// Ranges that are already mapped stay where they are. Takes the attachment mutex: a device has
  /// one driver. O(1). Linux: `dma_set_mask`, `dma_set_coherent_mask`.
  ///
  /// - Parameter mask: the highest page, inclusive.
  /// - Parameter kind: what it can address of which kind of memory.
  public func setMask(
    _ mask: PFN, of device: Int, _ kind: DMAMask = .streaming, on cpu: CPU
  ) {
    guard let mapper else { preconditionFailure("the domain has no IOMMU") }
    mapper.attachment.withLock(on: cpu) { _ in
      announce(.settingMask(mask, device: device, kind), cpu)
      machine.supervisor.reach(.maskChange, on: cpu)
      mapper.devices[device].set(kind, to: mask)
      announce(.maskSet(device: device, kind), cpu)
    }
  }

  /// Has a device access a page, mapped or not.
  ///
  /// - Returns: nil on a translation fault.
  @discardableResult
  public func access(_ pfn: PFN, on cpu: CPU) -> PageTranslation? {
    guard let mapper else { preconditionFailure("the domain has no IOMMU") }
    machine.supervisor.reach(.deviceAccess, on: cpu)
    announce(.accessing(pfn), cpu)
    let found = mapper.iommu.access(pfn)
    announce(.accessed(pfn, found), cpu)
    return found
  }

  /// Maps a page of a driver's buffer again, which is a driver's mistake.
  ///
  /// - Returns: why that is refused (rule 94); nil if it is not refused, which is wrong.
  public func mapAgain(_ pfn: PFN, on cpu: CPU) -> MapFailure? {
    guard let mapper else { preconditionFailure("the domain has no IOMMU") }
    let iova = DMAAddress(pfn.raw << BlockSize.small.shift)
    let result = mapper.iommu.table.map(
      iova, to: PhysicalAddress(iova.raw), .small, .readWrite, on: cpu)
    mapper.iommu.barrier(on: cpu)
    announce(.mappedAgain(pfn), cpu)
    return result.failure
  }
}
