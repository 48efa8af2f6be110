import IOVA

/// The full forms of the laws of magazines and depots, on a snapshot at rest.
extension Invariant where Subject == DomainSnapshot {
  package static var magazinesAreBounded: Self {
    Self(.magazinesAreBounded) { domain in
      for cache in domain.caches {
        let shape = CacheShape(
          loadedCount: cache.loaded?.count, previousCount: cache.previous?.count,
          isSameMagazine: cache.isSameMagazine, capacity: cache.capacity)
        if let evidence = MagazineLaws.bounded(shape, cache.cpu, cache.sizeClass) {
          return evidence
        }
      }
      for depot in domain.depots {
        if depot.magazines.count != depot.length {
          return "the depot of class \(depot.sizeClass) claims \(depot.length.of("magazine")), "
            + "but its list has \(depot.magazines.count)"
        }
        if let bound = depot.bound, depot.length > bound {
          return
            "the depot of class \(depot.sizeClass) holds \(depot.length) of \(bound.of("magazine"))"
        }
      }
      return nil
    }
  }

  package static var everyRangeHasOnePlace: Self {
    Self(.everyRangeHasOnePlace) { domain in
      let (parked, queued) = (domain.parked, domain.queued)
      if areDifferent(parked.map(\.pfn) + queued.map(\.pfn)) { return nil }
      var places: [PFN: ParkingPlace] = [:]
      for (pfn, place) in parked {
        if let other = places.updateValue(place, forKey: pfn) {
          return "\(pfn) is in \(other) and in \(place)"
        }
      }
      var rings: [PFN: Int] = [:]
      for (pfn, ring) in queued {
        if let other = places[pfn] { return "\(pfn) is in \(other) and in ring \(ring)" }
        if let other = rings.updateValue(ring, forKey: pfn) {
          return "\(pfn) is in ring \(other) and in ring \(ring)"
        }
      }
      return nil
    }
  }

  private static func areDifferent(_ pfns: [PFN]) -> Bool {
    let sorted = pfns.sorted()
    return zip(sorted, sorted.dropFirst()).allSatisfy { $0 < $1 }
  }

  package static var cachedRangesAreInTheTree: Self {
    Self(.cachedRangesAreInTheTree) { domain in
      let (parked, queued) = (domain.parked, domain.queued)
      if parked.isEmpty, queued.isEmpty { return nil }
      let ranges = RangesByBegin(domain.tree)
      for (pfn, place) in parked {
        guard let range = ranges[pfn] else { return "\(pfn) in \(place) begins no range" }
        if range.pages != 1 << UInt64(place.sizeClass) {
          return "\(range) in \(place) has \(range.pages.of("page")), not \(1 << place.sizeClass)"
        }
      }
      for (pfn, ring) in queued where ranges[pfn] == nil {
        return "\(pfn) in ring \(ring) begins no range"
      }
      return nil
    }
  }

  package static var trimmingIsAlive: Self {
    Self(.trimmingIsAlive) { domain in
      for depot in domain.depots where depot.isList {
        if depot.length > domain.onlineCPUs.count, !depot.isTrimPending {
          return "the depot of class \(depot.sizeClass) holds \(depot.length.of("magazine")) with "
            + "\(domain.onlineCPUs.count.of("CPU")) online, and its worker is not armed"
        }
      }
      return nil
    }
  }

  package static var unpluggedCachesAreEmpty: Self {
    Self(.unpluggedCachesAreEmpty) { domain in
      for cache in domain.caches where !domain.onlineCPUs.contains(cache.cpu) {
        let count = (cache.loaded?.count ?? 0) + (cache.previous?.count ?? 0)
        if count > 0 {
          return
            "\(cache.cpu) is unplugged and caches \(count.of("range")) of class \(cache.sizeClass)"
        }
      }
      return nil
    }
  }

  package static var memoryIsAccounted: Self {
    Self(.memoryIsAccounted) { domain in
      let ofCPUs = domain.caches.reduce(0) { sum, cache in
        sum + (cache.loaded == nil ? 0 : 1) + (cache.previous == nil ? 0 : 1)
      }
      let ofDepots = domain.depots.reduce(0) { $0 + $1.length }
      if domain.magazinesLive != ofCPUs + ofDepots {
        return "\(domain.magazinesLive.of("magazine")), \(ofCPUs) with CPUs, \(ofDepots) in depots"
      }
      if domain.tree.liveNodes != domain.tree.count {
        return "\(domain.tree.liveNodes) range objects, \(domain.tree.count) of them in the tree"
      }
      if !domain.tree.hasMemoryForNodes {
        return "\(domain.tree.liveNodes) range objects exist, and there is memory for fewer"
      }
      let used = (domain.magazineCapacity + 1) * 8
      if (domain.magazineBytes - used) * 4 >= domain.magazineBytes {
        return "a magazine of \(domain.magazineCapacity) uses \(used) of "
          + domain.magazineBytes.of("byte")
      }
      return ringMemory(domain)
    }
  }

  private static func ringMemory(_ domain: DomainSnapshot) -> String? {
    guard let flush = domain.flush else { return nil }
    let bytes = flush.rings.reduce(0) { sum, ring in
      sum + (ring.hasSlots ? FlushRing.bytes(capacity: ring.capacity) : 0)
    }
    if flush.bytes == bytes { return nil }
    return "\(flush.bytes.of("byte")) held for rings, whose slots take \(bytes)"
  }

  /// The laws that hold whenever nobody runs.
  package static var atRest: [Self] {
    [
      magazinesAreBounded, everyRangeHasOnePlace, cachedRangesAreInTheTree, trimmingIsAlive,
      unpluggedCachesAreEmpty, memoryIsAccounted, ringsAreWellFormed,
      guestsHaveOneRing, timersAreAlive,
    ]
  }
}

/// The ranges of a tree, found by where they begin; of several the last one.
private struct RangesByBegin {
  private let sorted: [PFNRange]

  /// O(n) for a tree in order.
  init(_ tree: TreeSnapshot) { sorted = tree.nodes.map(\.range).sorted { $0.lo < $1.lo } }

  /// O(log n), and the same steps for each pfn, so that no branch is guessed wrong.
  subscript(pfn: PFN) -> PFNRange? {
    var (begin, count) = (0, sorted.count)
    while count > 1 {
      let half = count / 2
      begin = sorted[begin + half].lo <= pfn ? begin + half : begin
      count -= half
    }
    return count == 1 && sorted[begin].lo == pfn ? sorted[begin] : nil
  }
}

/// Where a cached range is.
package enum ParkingPlace: Hashable, Sendable, CustomStringConvertible {
  case loaded(CPU, sizeClass: Int)
  case previous(CPU, sizeClass: Int)
  case depot(sizeClass: Int)

  package var sizeClass: Int {
    switch self {
    case .loaded(_, let sizeClass), .previous(_, let sizeClass), .depot(let sizeClass): sizeClass
    }
  }

  package var description: String {
    switch self {
    case .loaded(let cpu, let sizeClass): "loaded of \(cpu), class \(sizeClass)"
    case .previous(let cpu, let sizeClass): "previous of \(cpu), class \(sizeClass)"
    case .depot(let sizeClass): "the depot of class \(sizeClass)"
    }
  }
}

extension DomainSnapshot {
  /// How many pfns are cached.
  package var parkedCount: Int {
    let ofCPUs = caches.reduce(0) { $0 + ($1.loaded?.count ?? 0) + ($1.previous?.count ?? 0) }
    return depots.reduce(ofCPUs) { $0 + $1.magazines.reduce(0) { $0 + $1.count } }
  }

  /// Every cached pfn and where it is.
  package var parked: [(pfn: PFN, place: ParkingPlace)] {
    var found: [(pfn: PFN, place: ParkingPlace)] = []
    found.reserveCapacity(parkedCount)
    for cache in caches {
      let (cpu, sizeClass) = (cache.cpu, cache.sizeClass)
      for pfn in cache.loaded ?? [] { found.append((pfn, .loaded(cpu, sizeClass: sizeClass))) }
      for pfn in cache.previous ?? [] { found.append((pfn, .previous(cpu, sizeClass: sizeClass))) }
    }
    for depot in depots {
      for magazine in depot.magazines {
        for pfn in magazine { found.append((pfn, .depot(sizeClass: depot.sizeClass))) }
      }
    }
    return found
  }
}

/// The laws of a pair of magazines, O(1) and the same in both forms.
enum MagazineLaws {
  @inline(__always)
  static func bounded(_ cache: CacheShape, _ cpu: CPU, _ sizeClass: Int) -> String? {
    guard let loaded = cache.loadedCount else {
      return told("\(cpu), class \(sizeClass) has no loaded magazine")
    }
    guard let previous = cache.previousCount else {
      return told("\(cpu), class \(sizeClass) has no previous magazine")
    }
    if cache.isSameMagazine {
      return told("loaded and previous of \(cpu), class \(sizeClass) are one magazine")
    }
    let most = max(loaded, previous)
    if min(loaded, previous) < 0 || most > cache.capacity {
      return told(
        "a magazine of \(cpu), class \(sizeClass) holds \(most) of \(cache.capacity.of("entry"))")
    }
    return nil
  }
}
