import IOVA

/// The full forms of the laws of flush queues, on a snapshot at rest.
extension Invariant where Subject == DomainSnapshot {
  package static var ringsAreWellFormed: Self {
    Self(.ringsAreWellFormed) { domain in
      guard let flush = domain.flush else { return nil }
      if flush.epoch.started != flush.epoch.finished {
        return "\(flush.epoch.started) invalidations have started, but "
          + "\(flush.epoch.finished) have finished although nobody runs"
      }
      for ring in flush.rings {
        let shape = RingShape(count: ring.entries.count, capacity: ring.capacity)
        if let evidence = RingLaws.wellFormed(
          shape, expecting: Int(truncatingIfNeeded: ring.queued &- ring.released), ring.number)
        {
          return evidence
        }
        if !(0..<ring.capacity).contains(ring.head) || !(0..<ring.capacity).contains(ring.tail) {
          return "ring \(ring.number) goes from \(ring.head) to \(ring.tail) of \(ring.capacity)"
        }
        for (entry, next) in zip(ring.entries, ring.entries.dropFirst())
        where next.stamp < entry.stamp {
          return "in ring \(ring.number) the stamp falls from \(entry.stamp) to \(next.stamp)"
        }
        if let last = ring.entries.last, last.stamp > flush.epoch.started {
          return "ring \(ring.number) holds a stamp of \(last.stamp), "
            + "but only \(flush.epoch.started) invalidations have started"
        }
      }
      return nil
    }
  }

  package static var guestsHaveOneRing: Self {
    Self(.guestsHaveOneRing) { domain in
      guard let flush = domain.flush, flush.isGuests else { return nil }
      return RingLaws.oneRing(flush.rings.count(where: \.hasSlots))
    }
  }

  package static var timersAreAlive: Self {
    Self(.timersAreAlive) { domain in
      guard let flush = domain.flush else { return nil }
      if flush.isTimerOn != flush.isTimerArmed {
        return "the flush timer's flag says \(flush.isTimerOn ? "on" : "off"), and it is "
          + (flush.isTimerArmed ? "armed" : "not armed")
      }
      for ring in flush.rings where !ring.entries.isEmpty && !flush.isTimerArmed {
        return "ring \(ring.number) holds \(ring.entries.count.of("range")), and no timer is armed"
      }
      return nil
    }
  }
}

extension DomainSnapshot {
  /// Every queued pfn, and the number of its ring.
  package var queued: [(pfn: PFN, ring: Int)] {
    (flush?.rings ?? []).flatMap { ring in ring.entries.map { ($0.pfn, ring.number) } }
  }
}

/// The laws of a ring, O(1) and the same in both forms.
enum RingLaws {
  static func oneRing(_ count: Int) -> String? {
    count <= 1 ? nil : "the domain of a guest has \(count) flush rings"
  }

  static func wellFormed(_ ring: RingShape, expecting count: Int, _ number: Int) -> String? {
    if ring.count < 0 || ring.count >= ring.capacity {
      return "ring \(number) holds \(ring.count.of("range")) in \(ring.capacity.of("slot"))"
    }
    if ring.count != count {
      return "ring \(number) says \(ring.count.of("range")), \(count) were queued and not released"
    }
    return nil
  }
}
