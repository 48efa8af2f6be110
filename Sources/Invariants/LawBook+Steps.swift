import IOVA

/// I-STEP: a step that others may come before is announced to whoever decides who runs. Of a
/// sequential run, where everything that is announced on a CPU is its own.
extension LawBook {
  /// The CPU has done what it comes to by these windows; the next time it has to come by them anew.
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
    broken(.stepsAreAnnounced, "\(what), and nobody was told that it \(window.phrase)")
  }
}

extension CPUMeter {
  /// The CPU came to a window.
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
  fileprivate var bit: UInt32 { 1 << UInt32(rawValue) }
}
