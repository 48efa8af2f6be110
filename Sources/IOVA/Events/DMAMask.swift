/// Which of a device's two masks limits an address.
///
/// Both are 32 bits until the device's driver says otherwise, and drivers may set one and not the
/// other. Linux: `dma_mask` and `coherent_dma_mask`.
public enum DMAMask: UInt8, CaseIterable, Sendable, Hashable {
  /// Of buffers that are mapped for a transfer.
  case streaming
  /// Of memory that driver and device share for good.
  case coherent
}
