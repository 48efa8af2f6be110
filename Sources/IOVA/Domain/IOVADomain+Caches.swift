/// Giving caches back to the tree.
extension IOVADomain {
  /// Returns the cached ranges of a CPU to the tree (rule 55). Takes C of each class, and T for
  /// each magazine.
  public func flushCaches(of victim: CPU, on cpu: CPU) {
    flushCaches(of: victim, upTo: .max, on: cpu)
  }

  private func flushCaches(of victim: CPU, upTo highest: UInt64, on cpu: CPU) {
    precondition(victim.index < machine.cpuCount, "the machine has no such CPU")
    cache.flush(victim, on: cpu) { giveBack($0, upTo: highest, on: cpu) }
  }

  /// Returns the ranges in depots to the tree (rule 56). Takes D of each class, and T for each
  /// magazine.
  public func flushDepots(on cpu: CPU) { flushDepots(upTo: .max, on: cpu) }

  private func flushDepots(upTo highest: UInt64, on cpu: CPU) {
    let oops = cache.flushDepots(upTo: highest, on: cpu) { giveBack($0, on: cpu) }
    if let oops { report(oops, cpu) }
  }

  /// Gives all caches back, as a failed allocation does before its one retry (rule 37); or only
  /// what that request could use, since ranges that begin above its limit make no room for it.
  func flushAllCaches(for limit: AddressLimit, on cpu: CPU) {
    let highest = cacheRules.flushesWithinLimit ? limit.inclusive.raw : .max
    tally.flushes.add(1, ordering: .relaxed)
    for index in 0..<machine.cpuCount {
      machine.supervisor.reach(.onlineRead, on: cpu)
      if machine.isOnline(CPU(index)) { flushCaches(of: CPU(index), upTo: highest, on: cpu) }
    }
    if cacheRules.flushesDepots, !faults.contains(.r04) { flushDepots(upTo: highest, on: cpu) }
  }

  /// Returns the ranges of a magazine that begin at or below `highest` to the tree, under one hold
  /// of T; the others stay in it.
  func giveBack(_ magazine: Magazine, upTo highest: UInt64 = .max, on cpu: CPU) {
    let isUnlocked = faults.contains(.unlockedGiveBack)
    var returned = 0
    let oops: Oops? = tree.withLock(on: cpu, unless: isUnlocked) { tree in
      for index in 0..<magazine.count where magazine[index] <= highest {
        let range = tree.free(magazine[index])
        if isSupervised {
          observe(.removed(range ?? PFNRange(PFN(magazine[index]), pages: 0), .cache), cpu)
        }
        returned += 1
      }
      if isSupervised, returned == 0 { observe(.returnedNothing, cpu) }
      tree.counters.longestHold = max(tree.counters.longestHold, UInt64(returned))
      return tree.takeOops()
    }
    tally.returned.add(UInt64(returned), ordering: .relaxed)
    magazine.removeAll(upTo: highest)
    if let oops { report(oops, cpu) }
  }
}
