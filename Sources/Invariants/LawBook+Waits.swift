import IOVA

/// Since when the trim worker of each class is armed; sequential runs only, where it is on time.
struct TrimWaits {
  /// Virtual time in ms, by class; nil if it is not armed.
  private var armed: [UInt64?] = Array(repeating: nil, count: IOVADomain.sizeClassCount)

  init() {}

  /// A magazine was stored, which arms the worker unless it is armed already.
  mutating func stored(_ sizeClass: Int, at time: UInt64) {
    if armed[sizeClass] == nil { armed[sizeClass] = time }
  }

  /// The worker ran; returns how long after it was armed, if it was.
  mutating func ran(_ sizeClass: Int, _ rearmed: Bool, at time: UInt64) -> UInt64? {
    let waited = armed[sizeClass].map { time - $0 }
    armed[sizeClass] = rearmed ? time : nil
    return waited
  }
}

/// I-WAIT, on the virtual clock of a sequential run: timers run when they are due.
extension LawBook {
  func judgeWait(ofTrimming sizeClass: Int, _ rearmed: Bool, _ domain: IOVADomain) {
    let waited = waits.ran(sizeClass, rearmed, at: domain.machine.now)
    let delay = domain.cacheRules.trimDelay
    if let waited, waited != delay, facts.depotBound == nil {
      broken(
        .waitsAreBounded,
        "the worker of class \(sizeClass) ran after \(waited) ms; its delay is \(delay) ms")
    }
  }

  /// Judges a range that leaves a ring, or is still in one.
  func judgeWait(_ pfn: UInt64, since queuedAt: UInt64, _ domain: IOVADomain) {
    guard let timeout = domain.configuration.flushQueue?.timeout else { return }
    let waited = domain.machine.now - queuedAt
    if waited > timeout {
      broken(
        .waitsAreBounded,
        "\(PFN(pfn)) was queued \(waited) ms ago; the flush timeout is \(timeout) ms")
    }
  }

  /// Judges what is still queued at rest. O(rings)
  func judgeQueuedWaits(_ domain: IOVADomain) {
    guard isSequential, facts.defers else { return }
    for ring in 0..<domain.ringCount {
      if let first = flushes[ring].first { judgeWait(first.pfn, since: first.queuedAt, domain) }
    }
  }
}
