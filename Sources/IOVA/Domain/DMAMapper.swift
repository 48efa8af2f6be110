/// What the DMA layer of one domain keeps: the IOMMU, and a flag for each device.
///
/// The corresponding Linux name is `iommu_dma_cookie`.
final class DMAMapper: Sendable {
  /// One device.
  final class Device: Sendable {
    /// 1 while 32-bit addresses are tried first (rules 81, 82).
    let triesLow = AtomicWord()
  }

  let configuration: DMAConfiguration
  let iommu: IOMMU
  let devices: [Device]
  private let faults: FaultSet

  /// Pages of simulated memory: room for a pool of tables below 4 GiB.
  private static let lowPages = 2048
  private static let highPages = 64

  init(
    _ configuration: DMAConfiguration, faults: FaultSet, on machine: Machine
  ) throws(OutOfMemory) {
    let physical = PhysicalMemory(lowPages: Self.lowPages, highPages: Self.highPages)
    iommu = try IOMMU(configuration.table, in: physical, on: machine)
    devices = configuration.devices.map { _ in Device() }
    self.configuration = configuration
    self.faults = faults
    probe()
  }

  /// Finds the devices; what their drivers want has to be known by now (rule 82).
  private func probe() {
    for (device, state) in zip(configuration.devices, devices) {
      let isForced = device.forcesWideAddresses && !faults.contains(.d02)
      state.triesLow.store(device.isPCI && !isForced ? 1 : 0)
    }
  }

  /// Returns to the state after init; only when nobody runs.
  ///
  /// - Returns: tables that were lost.
  func reset() -> Int {
    probe()
    return iommu.reset()
  }

  /// Which blocks come next of a run: as large as both addresses and what is left allow, and so
  /// many that larger ones are used as soon as they can be (rule 84).
  ///
  /// - Parameter output: where it leads; the address itself where that is all that counts.
  static func blocks(
    _ iova: UInt64, _ output: UInt64, _ remaining: UInt64
  ) -> (size: BlockSize, count: Int) {
    var size = BlockSize.small
    for larger in BlockSize.allCases.dropFirst() {
      guard (iova | output) & (larger.bytes - 1) == 0, larger.bytes <= remaining else { break }
      size = larger
    }
    var bytes = remaining
    if let larger = BlockSize(rawValue: size.rawValue + 1),
      (iova ^ output) & (larger.bytes - 1) == 0
    {
      bytes = min(bytes, larger.bytes - iova & (larger.bytes - 1))
    }
    return (size, Int(bytes >> size.shift))
  }
}
