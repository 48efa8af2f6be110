import IOVA

/// I-STEP: a step that others may precede is announced to the scheduler. Sequential runs only,
/// where everything that is announced on a CPU is its own.
extension LawBook {
  /// The CPU has done what these windows announce; next time it has to announce it again.
  @inline(__always)
  func expectPassed(_ windows: Window..., by what: StaticString, _ meter: MeterRef) {
    guard isSequential else { return }
    for window in windows where meter.pointee.windows & window.bit == 0 {
      unannounced(window, what)
    }
    for window in windows { meter.pointee.windows &= ~window.bit }
  }

  @inline(never)
  private func unannounced(_ window: Window, _ what: StaticString) {
    broken(.stepsAreAnnounced, "\(what), but it was not announced that it \(window.phrase)")
  }
}

extension CPUMeter {
  /// The CPU reached a window.
  @inline(__always)
  mutating func note(_ window: Window) {
    windows |= window.bit
    if window == .memoryAsked {
      asked &+= 1
      if isStarved { owed &+= 1 }
    }
  }
}

extension Window {
  @inline(__always)
  var bit: UInt32 { 1 << UInt32(rawValue) }
}
