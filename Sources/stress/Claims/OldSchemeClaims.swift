import IOVA

/// What schemes before the common flush queue cost.
extension Claim {
  static let wrappingBitmap = Claim(
    "C12", "the old s390 bitmap is flushed only when its search wraps",
    [(.aperture, 4096), (.unmaps, 100_000)]
  ) { knobs in
    let (aperture, unmaps) = (knobs[.aperture], knobs[.unmaps])
    let bitmap = WrappingBitmap.after(unmaps: unmaps, aperture: aperture)
    return [
      Measure(
        "flushes, by unmapped pages and pages of the aperture", stated: unmaps / aperture,
        counted: bitmap.flushes),
      Measure("pages used again before a flush", stated: 0, counted: bitmap.staleReuses),
    ]
  }

  static let batching = Claim(
    "C13", "250 entries or 10 ms: nearly no flush is left (2008)",
    [(.batch, 250), (.timeout, 10), (.unmaps, 100_000), (.rate, 10_000), (.seconds, 10)]
  ) { knobs in
    let (unmaps, batch, timeout) = (knobs[.unmaps], knobs[.batch], knobs[.timeout])
    let even = EvenRate(perSecond: knobs[.rate], seconds: knobs[.seconds])
    var atOnce = DeferredList(capacity: batch, timeout: timeout)
    for _ in 0..<unmaps { atOnce.unmap() }
    var evenly = DeferredList(capacity: batch, timeout: timeout)
    even.run { _ in
      evenly.unmap()
    } tick: {
      evenly.tick()
    }
    let strict = try IOVADomain.forClaim(.linux4_13)
    for _ in 0..<unmaps {
      if let pfn = strict.allocateFast(1, below: .limit32, flush: true, on: CPU(0)) {
        strict.deferFree(pfn, 1, on: CPU(0))
      }
    }
    // A list that fills up first is never flushed by time.
    let isFullBefore = even.perSecond * timeout / 1000 >= batch
    return [
      Measure(
        "flushes of \(unmaps.grouped) unmaps, strict", stated: unmaps,
        counted: Int(strict.counters.flush.started)),
      Measure(
        "flushes of the same, at once into the list", stated: unmaps / batch,
        counted: atOnce.flushes),
      Measure(
        "flushes in \(even.seconds) s of \(even.perSecond.grouped) unmaps/s into the list",
        .about(percent: 5),
        stated: isFullBefore
          ? even.calls / batch : even.seconds * 1000 / even.period(of: timeout),
        counted: evenly.flushes),
    ]
  }
}
