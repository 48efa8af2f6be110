/// What a domain knows of one device.
package struct DeviceSnapshot: Hashable, Sendable {
  package var isAttached: Bool
  /// The highest page that it can address: of buffers, and of coherent memory.
  package var mask: PFN
  package var coherentMask: PFN
  /// Whether 32-bit addresses are tried first.
  package var triesLow: Bool
}

extension IOVADomain {
  /// All devices, by number; none without an IOMMU.
  package func deviceSnapshots() -> [DeviceSnapshot] {
    (mapper?.devices ?? []).map { device in
      DeviceSnapshot(
        isAttached: device.isAttached.value == 1, mask: device.mask(.streaming),
        coherentMask: device.mask(.coherent), triesLow: device.triesLow.value == 1)
    }
  }
}
