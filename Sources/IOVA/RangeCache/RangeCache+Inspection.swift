/// The caches of a domain as seen from outside: snapshots, sums and counts.
extension RangeCache {
  func inspect<Result>(
    _ cpu: CPU, _ sizeClass: Int, _ body: (borrowing CPUCache) -> Result
  ) -> Result {
    cell(cpu, sizeClass).inspect(body)
  }

  func inspectDepot<Result>(_ sizeClass: Int, _ body: (borrowing Depot) -> Result) -> Result {
    depots[sizeClass].inspect(body)
  }

  /// What the caches hold, as sums; only while nobody runs.
  func sums() -> CacheSums {
    var sums = CacheSums()
    let online = machine.onlineCount
    for sizeClass in depots.indices {
      depots[sizeClass].inspect { depot in
        guard depot.length != 0 else { return }
        sums.parked &+= depot.length &* rules.magazineCapacity
        sums.magazines &+= depot.length
        if rules.depot == .list, depot.length > online, !depot.isTrimPending {
          sums.stuckDepots |= 1 << UInt64(sizeClass)
        }
      }
    }
    for number in cells.indices {
      cells[number].inspect { cache in
        sums.magazines &+= (cache.loaded == nil ? 0 : 1) &+ (cache.previous == nil ? 0 : 1)
        guard cache.counters.isTouched else { return }
        let count = (cache.loaded?.count ?? 0) &+ (cache.previous?.count ?? 0)
        sums.parked &+= count
        if !machine.isOnline(CPU(number / SizeClass.count)) { sums.stranded &+= count }
      }
    }
    return sums
  }

  func count(into counters: inout Counters) {
    counters.cacheOfClass = Array(repeating: CacheCounters(), count: SizeClass.count)
    for (number, cell) in cells.enumerated() {
      cell.inspect {
        counters.cache += $0.counters
        counters.cacheOfClass[number % SizeClass.count] += $0.counters
      }
      counters.cacheLockAcquisitions &+= cell.acquisitions
    }
    for depot in depots {
      depot.inspect {
        counters.depotLength += $0.length
        counters.depotPeak += $0.peak
      }
      counters.depotLockAcquisitions &+= depot.acquisitions
    }
  }
}
