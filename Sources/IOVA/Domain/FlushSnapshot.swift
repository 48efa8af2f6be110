/// One ring at one moment.
package struct RingSnapshot: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var pfn: PFN
    package var pages: UInt64
    package var stamp: UInt64
  }

  package var number: Int
  package var capacity: Int
  package var hasSlots: Bool
  package var head: Int
  package var tail: Int
  /// Ranges put in and taken out so far.
  package var queued: UInt64
  package var released: UInt64
  /// From the head on.
  package var entries: [Entry]
}

/// A flush queue at rest.
package struct FlushSnapshot: Hashable, Sendable {
  package var rings: [RingSnapshot]
  package var epoch: EpochSnapshot
  /// The value of the flag.
  package var isTimerOn: Bool
  /// Whether the timer is armed.
  package var isTimerArmed: Bool
  /// Memory of all slots, as counted.
  package var bytes: Int
  /// Whether a hypervisor does the invalidating.
  package var isGuests: Bool
}

/// The state of a ring, as far as it can be read in O(1).
package struct RingShape: Hashable, Sendable {
  package var count: Int
  package var capacity: Int

  package init(count: Int, capacity: Int) {
    self.count = count
    self.capacity = capacity
  }
}

extension IOVADomain {
  /// Only with Q held, or while nobody runs.
  package func ringShape(_ number: Int) -> RingShape? {
    flushQueue?.inspect(number) { RingShape(count: $0.count, capacity: $0.capacity) }
  }

  /// How many invalidations of the flush queue have started and finished.
  package var epoch: EpochSnapshot { invalidator.counts }

  /// Invalidations that have started, those of unmappings included.
  package var invalidations: UInt64 { invalidator.started }

  /// How many rings there are.
  package var ringCount: Int { flushQueue?.ringCount ?? 0 }

  /// How many rings have their slots. O(rings)
  package var ringsInUse: Int {
    guard let flushQueue else { return 0 }
    return (0..<flushQueue.ringCount).count { flushQueue.inspect($0) { $0.hasSlots } }
  }

  /// Ranges in all rings, and whether the timer is armed; only while nobody runs. O(rings)
  package func flushSums() -> (queued: Int, isTimerArmed: Bool) {
    guard let flushQueue else { return (0, false) }
    let queued = (0..<flushQueue.ringCount).reduce(0) { sum, number in
      sum + flushQueue.inspect(number) { $0.count }
    }
    return (queued, queued > 0 && isTimerArmed(flushQueue))
  }

  /// Unknown on the host's clock, so the flag is taken instead.
  private func isTimerArmed(_ queue: FlushQueue) -> Bool {
    machine.clock == .host ? queue.isTimerOn : machine.isArmed(queue.timer)
  }

  /// The flush queue; nil if there is none. Only while nobody runs.
  package func flushSnapshot() -> FlushSnapshot? {
    guard let flushQueue else { return nil }
    let rings = (0..<flushQueue.ringCount).map { number in
      flushQueue.inspect(number) { ring in
        RingSnapshot(
          number: number, capacity: ring.capacity, hasSlots: ring.hasSlots, head: ring.head,
          tail: ring.tail, queued: ring.queued, released: ring.released,
          entries: (0..<ring.count).map { index in
            let entry = ring[index]
            return .init(pfn: PFN(entry.pfn), pages: entry.pages, stamp: entry.stamp)
          })
      }
    }
    return FlushSnapshot(
      rings: rings, epoch: invalidator.counts, isTimerOn: flushQueue.isTimerOn,
      isTimerArmed: isTimerArmed(flushQueue), bytes: flushQueue.bytes,
      isGuests: iommu?.isShadowed ?? false)
  }
}
