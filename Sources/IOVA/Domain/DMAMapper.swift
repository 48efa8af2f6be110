/// The state of a domain's DMA layer: the IOMMU, and a few words for each device.
///
/// The corresponding Linux name is `iommu_dma_cookie`.
final class DMAMapper: Sendable {
  /// One device.
  final class Device: Sendable {
    /// 1 while 32-bit addresses are tried first (rules 81, 82).
    let triesLow = AtomicWord()
    /// The highest page that it can address, inclusive: of buffers, and of coherent memory.
    private let streaming = AtomicWord()
    private let coherent = AtomicWord()
    /// 1 once it is attached to the domain.
    let isAttached = AtomicWord()

    @inline(__always)
    func mask(_ kind: DMAMask) -> PFN {
      PFN(kind == .coherent ? coherent.value : streaming.value)
    }

    func set(_ kind: DMAMask, to mask: PFN) {
      kind == .coherent ? coherent.store(mask.raw) : streaming.store(mask.raw)
    }
  }

  let configuration: DMAConfiguration
  let iommu: IOMMU
  let devices: [Device]
  private let faults: FaultSet
  private let boundary: UInt64
  private let rules: DMARules
  /// 1 once the domain is initialised (rule 78).
  let initialised = AtomicWord()
  /// Held while a device is attached, or its mask is set.
  let attachment: Locked<Void>

  /// Pages of simulated memory: room for a pool of tables below 4 GiB.
  private static let lowPages = 2048
  private static let highPages = 64

  init(
    _ configuration: DMAConfiguration, _ rules: DMARules, boundary: UInt64, faults: FaultSet,
    on machine: Machine
  ) throws(OutOfMemory) {
    let physical = PhysicalMemory(lowPages: Self.lowPages, highPages: Self.highPages)
    do throws(OutOfMemory) {
      iommu = try IOMMU(
        configuration.table, shadow: configuration.shadow, in: physical, on: machine)
    } catch {
      throw OutOfMemory(DomainRemains(tablePages: physical.pagesTaken))
    }
    devices = configuration.devices.map { _ in Device() }
    self.configuration = configuration
    self.boundary = boundary
    self.rules = rules
    self.faults = faults
    attachment = Locked((), .attachment, on: machine)
    probe()
  }

  deinit { attachment.destroy() }

  /// Finds the devices; what their drivers ask for has to be known by now (rule 82).
  private func probe() {
    for (number, (device, state)) in zip(configuration.devices, devices).enumerated() {
      let isForced = device.forcesWideAddresses && !faults.contains(.d02)
      state.triesLow.store(device.isPCI && !isForced ? 1 : 0)
      let isCutDown = rules.givesPartialPages && device.mask != nil && device.part > 0
      let mask = configuration.firstMask(of: number, boundary: boundary).raw
      state.set(.streaming, to: PFN(isCutDown ? mask + 1 : mask))
      state.set(.coherent, to: configuration.firstMask(of: number, .coherent, boundary: boundary))
      state.isAttached.store(configuration.attachesLate ? 0 : 1)
    }
    initialised.store(configuration.attachesLate ? 0 : 1)
  }

  /// Returns to the initial state; only while nobody runs.
  ///
  /// - Returns: how many tables were lost.
  func reset() -> Int {
    probe()
    attachment.reset { _ in }
    return iommu.reset()
  }
}
