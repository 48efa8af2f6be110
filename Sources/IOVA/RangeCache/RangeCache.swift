/// The caches of a domain: a pair of magazines for each CPU and class, and a depot for each class
/// (rules 45 to 62).
///
/// Owns the locks C and D, and only the order in which they are taken. It never touches the tree,
/// but hands back what it can't keep. A class, because a struct of this size would be copied to the
/// stack on every hit.
final class RangeCache: Sendable {
  /// The outcome of caching a range.
  enum Outcome {
    case accepted
    /// There is no memory for another magazine: the caller frees the range to the tree.
    case refused
    /// Accepted, but a bounded depot had no room for a full magazine: the caller empties it.
    case displaced(Magazine)
    /// The kernel would have crashed.
    case oops(Oops)
  }

  let rules: CacheRules
  let faults: FaultSet
  let machine: Machine
  let cells: [Locked<CPUCache>]
  let depots: [Locked<Depot>]
  private let isSupervised: Bool
  private let supervisor: SupervisorLink
  private let census: MagazineCensus
  /// Whether every magazine could be made.
  let isComplete: Bool

  /// Makes two magazines for each possible CPU and class.
  init(
    _ rules: CacheRules, faults: FaultSet, on machine: Machine, census: MagazineCensus
  ) throws(OutOfMemory) {
    self.rules = rules
    self.faults = faults
    self.machine = machine
    self.census = census
    isSupervised = machine.supervisor.isLive
    supervisor = machine.supervisor
    let mayFail = rules.initialisationMayFail && !faults.contains(.r08)
    var cells: [Locked<CPUCache>] = []
    let classes = rules.isEnabled ? SizeClass.count : 0
    cells.reserveCapacity(machine.cpuCount * classes)
    var isComplete = true
    for cpu in 0..<machine.cpuCount where rules.isEnabled {
      for sizeClass in 0..<SizeClass.count {
        let loaded = census.make(rules.magazineCapacity, on: CPU(0), of: machine)
        let previous = census.make(rules.magazineCapacity, on: CPU(0), of: machine)
        if loaded == nil || previous == nil { isComplete = false }
        cells.append(
          Locked(
            CPUCache(loaded: loaded, previous: previous), .cpuCache(CPU(cpu), sizeClass),
            on: machine))
      }
    }
    self.cells = cells
    self.isComplete = isComplete
    depots = (0..<classes).map {
      let depot = Depot(
        magazineCapacity: rules.magazineCapacity, keepsLinks: faults.contains(.r18))
      return Locked(depot, .depot($0), on: machine)
    }
    if mayFail, !isComplete {
      releaseMagazines()
      destroy()
      throw OutOfMemory(DomainRemains(magazines: census.live))
    }
  }

  @inline(__always)
  func cell(_ cpu: CPU, _ sizeClass: Int) -> Locked<CPUCache> {
    cells[cpu.index &* SizeClass.count &+ sizeClass]
  }

  /// The cache of the CPU that a call sampled once: the lock makes a later migration harmless (rule
  /// 54).
  @inline(__always)
  private func sampledCell(_ sizeClass: Int, _ cpu: CPU) -> Locked<CPUCache> {
    guard isSupervised else { return cell(cpu, sizeClass) }
    return sampledCellSlowly(sizeClass, cpu)
  }

  @inline(never)
  private func sampledCellSlowly(_ sizeClass: Int, _ cpu: CPU) -> Locked<CPUCache> {
    var sampled = cpu
    if faults.contains(.migration) {
      supervisor.reach(.onlineRead, on: cpu)
      // The caller ran on the next CPU when it asked where it runs.
      let neighbour = CPU((cpu.index + 1) % machine.cpuCount)
      if machine.isOnline(neighbour) { sampled = neighbour }
    }
    supervisor.reach(.cpuSampled, on: cpu)
    return cell(sampled, sizeClass)
  }

  // MARK: Take and insert

  /// Takes a range whose lowest pfn is at most `limit` (rules 51, 52).
  ///
  /// - Parameter limit: inclusive, for the lowest pfn.
  /// - Complexity: O(magazine capacity), usually one check.
  @inline(__always)
  func take(_ sizeClass: Int, upTo limit: UInt64, on cpu: CPU) -> UInt64? {
    let isUnlocked = faults.contains(.unlockedTake)
    return sampledCell(sizeClass, cpu).withLock(on: cpu, unless: isUnlocked) { cache in
      guard let magazine = nonEmpty(&cache, sizeClass, cpu) else {
        cache.counters.misses &+= 1
        if isSupervised { announceMiss(nil, cache.spare, sizeClass, limit, cpu) }
        return nil
      }
      let scan = faults.contains(.r06) ? .top : rules.popScan
      guard let pfn = magazine.pop(upTo: limit, scan: scan) else {
        cache.counters.misses &+= 1
        if isSupervised { announceMiss(magazine, cache.spare, sizeClass, limit, cpu) }
        return nil
      }
      cache.counters.hits &+= 1
      if isSupervised { announce(.taken(PFN(pfn), sizeClass: sizeClass, limit: limit), cpu) }
      return pfn
    }
  }

  /// The magazine to pop from: loaded, else previous, else one from the depot.
  @inline(__always)
  private func nonEmpty(_ cache: inout CPUCache, _ sizeClass: Int, _ cpu: CPU) -> Magazine? {
    if let loaded = cache.loaded, !loaded.isEmpty { return loaded }
    if let previous = cache.previous, !previous.isEmpty, !faults.contains(.unseenSpare) {
      cache.swap()
      return previous
    }
    return refill(&cache, sizeClass, cpu)
  }

  @inline(never)
  private func refill(_ cache: inout CPUCache, _ sizeClass: Int, _ cpu: CPU) -> Magazine? {
    let isUnlocked = faults.contains(.unlockedRefill)
    let seen = faults.contains(.staleTop) ? topOfDepot(sizeClass, cpu) : nil
    let full: Magazine? = depots[sizeClass].withLock(on: cpu, unless: isUnlocked) { depot in
      let full = seen.map { depot.fetch($0.top, above: $0.below) } ?? depot.fetch()
      if isSupervised, full != nil { announce(.fetched(sizeClass: sizeClass), cpu) }
      return full
    }
    guard let full else { return nil }
    if let empty = cache.loaded { census.release(empty) }
    cache.loaded = full
    cache.counters.refills &+= 1
    return full
  }

  /// The two magazines at the top of a depot now.
  private func topOfDepot(_ sizeClass: Int, _ cpu: CPU) -> (top: Magazine, below: Magazine?)? {
    depots[sizeClass].withLock(on: cpu) { depot in depot.top.map { ($0, $0.link) } }
  }

  /// Puts a range into the cache of the current CPU (rules 49, 50).
  @inline(__always)
  func insert(
    _ sizeClass: Int, _ pfn: UInt64, on cpu: CPU, trimmer: (Int) -> Void
  ) -> Outcome {
    var isDepotTouched = false
    let isUnlocked = faults.contains(.unlockedInsert)
    let cell = sampledCell(sizeClass, cpu)
    let outcome: Outcome = cell.withLock(on: cpu, unless: isUnlocked) { cache in
      if let loaded = cache.loaded, !loaded.isFull(rules.magazineCapacity) {
        accept(pfn, into: loaded, &cache, sizeClass, cpu)
        return .accepted
      }
      return insertSlowly(pfn, &cache, sizeClass, cpu, &isDepotTouched)
    }
    if isDepotTouched { trimmer(sizeClass) }
    return outcome
  }

  @inline(never)
  private func insertSlowly(
    _ pfn: UInt64, _ cache: inout CPUCache, _ sizeClass: Int, _ cpu: CPU, _ needsTrimmer: inout Bool
  ) -> Outcome {
    // A magazine that does not exist is not "full", so the kernel pushed into it.
    guard let loaded = cache.loaded else { return .oops(.magazineIsNil) }
    guard let previous = cache.previous else { return .oops(.magazineIsNil) }
    if !previous.isFull(rules.magazineCapacity) {
      cache.swap()
      accept(pfn, into: previous, &cache, sizeClass, cpu)
      return .accepted
    }
    guard let empty = census.make(rules.magazineCapacity, on: cpu, of: machine) else {
      cache.counters.refusals &+= 1
      return faults.contains(.r09) ? .accepted : .refused
    }
    let displaced = store(loaded, sizeClass, cpu, &needsTrimmer)
    cache.counters.spills &+= 1
    cache.loaded = empty
    accept(pfn, into: empty, &cache, sizeClass, cpu)
    guard let displaced else { return .accepted }
    cache.counters.overflows &+= 1
    return .displaced(displaced)
  }

  /// Puts a full magazine into the depot; returns it if a bounded depot has no room.
  private func store(
    _ magazine: Magazine, _ sizeClass: Int, _ cpu: CPU, _ needsTrimmer: inout Bool
  ) -> Magazine? {
    depots[sizeClass].withLock(on: cpu, unless: faults.contains(.unlockedStore)) { depot in
      if case .bounded(let most) = rules.depot, depot.length >= most { return magazine }
      depot.store(magazine)
      if rules.depot == .list, !depot.isTrimPending {
        depot.isTrimPending = true
        needsTrimmer = true
      }
      if isSupervised { announce(.stored(sizeClass: sizeClass), cpu) }
      return nil
    }
  }

  @inline(__always)
  private func accept(
    _ pfn: UInt64, into magazine: Magazine, _ cache: inout CPUCache, _ sizeClass: Int, _ cpu: CPU
  ) {
    magazine.push(pfn)
    cache.counters.inserts &+= 1
    if isSupervised { announce(.cached(PFN(pfn), sizeClass: sizeClass), cpu) }
  }

  // MARK: Give back

  /// Passes the magazines of a CPU to `giveBack`, one at a time (rule 55).
  ///
  /// `giveBack` runs with C held, and takes T, even for an empty magazine.
  func flush(_ victim: CPU, on cpu: CPU, _ giveBack: (Magazine) -> Void) {
    for sizeClass in depots.indices {
      let isUnlocked = faults.contains(.unlockedFlush)
      cell(victim, sizeClass).withLock(on: cpu, unless: isUnlocked) { cache in
        if let loaded = cache.loaded { giveBack(loaded) }
        if let previous = cache.previous { giveBack(previous) }
        if isSupervised { announce(.flushed(victim, sizeClass: sizeClass), cpu) }
      }
    }
  }

  /// Passes every magazine of every depot to `giveBack`, with D held, and releases it (rule 56).
  ///
  /// - Parameter limit: a magazine with nothing up to this stays; of another nothing does, since a
  ///   depot holds full ones only.
  func flushDepots(
    upTo limit: UInt64 = .max, on cpu: CPU, _ giveBack: (Magazine) -> Void
  ) -> Oops? {
    for (sizeClass, depot) in depots.enumerated() {
      let isUnlocked = faults.contains(.unlockedDrain)
      let oops: Oops? = depot.withLock(on: cpu, unless: isUnlocked) { depot in
        var staying: [Magazine] = []
        while let magazine = depot.fetch() {
          if magazine.isAbove(limit) {
            staying.append(magazine)
          } else {
            giveBack(magazine)
            census.release(magazine)
          }
        }
        for magazine in staying.reversed() { depot.store(magazine) }
        if isSupervised { announce(.drained(sizeClass: sizeClass), cpu) }
        return faults.contains(.r01) ? .depotIsEmpty : nil
      }
      if let oops { return oops }
    }
    return nil
  }

  /// The trim worker's work for a class: takes one magazine if there are more than online CPUs
  /// (rule 59).
  ///
  /// - Returns: the magazine to give back and release, and whether to arm the worker again.
  func trim(_ sizeClass: Int, on cpu: CPU) -> (surplus: Magazine?, rearms: Bool) {
    depots[sizeClass].withLock(on: cpu, unless: faults.contains(.unlockedTrim)) { depot in
      supervisor.reach(.onlineRead, on: cpu)
      let threshold = machine.onlineCount - (faults.contains(.r17b) ? 1 : 0)
      let surplus = depot.length > threshold ? depot.fetch() : nil
      let rearms = faults.contains(.r17) ? surplus == nil : surplus != nil
      depot.isTrimPending = rearms
      if isSupervised {
        let event = DomainEvent.trimmed(
          sizeClass: sizeClass, released: surplus != nil, rearmed: rearms)
        announce(event, cpu)
      }
      return (surplus, rearms)
    }
  }

  /// Arms the trim workers of depots that are too long, after the threshold fell.
  func wakeTrimmers(on cpu: CPU, _ trimmer: (Int) -> Void) {
    guard rules.depot == .list else { return }
    for sizeClass in depots.indices {
      let isUnlocked = faults.contains(.unlockedWake)
      let wakes: Bool = depots[sizeClass].withLock(on: cpu, unless: isUnlocked) { depot in
        supervisor.reach(.onlineRead, on: cpu)
        let wakes = depot.length > machine.onlineCount && !depot.isTrimPending
        if wakes { depot.isTrimPending = true }
        if isSupervised { announce(.checked(sizeClass: sizeClass, wakes: wakes), cpu) }
        return wakes
      }
      if wakes { trimmer(sizeClass) }
    }
  }

  func release(_ magazine: Magazine) { census.release(magazine) }

  // MARK: Teardown

  /// Releases the CPUs' magazines without returning their ranges (rule 60).
  func releaseMagazines() {
    for cell in cells {
      cell.dismantle { cache in
        if let loaded = cache.loaded { census.release(loaded) }
        if let previous = cache.previous { census.release(previous) }
        cache.loaded = nil
        cache.previous = nil
      }
    }
  }

  func destroy() {
    for cell in cells { cell.destroy() }
    for depot in depots { depot.destroy() }
  }

  /// Returns to the initial state; only if every magazine could be made. O(caches) to find what was
  /// touched, O(capacity) for each that was.
  ///
  /// - Returns: how many magazines are missing or too many, or 1 if one is held twice; should be 0.
  func reset() -> Int {
    for depot in depots {
      depot.reset { depot in
        while let top = depot.top, census.knows(top), let magazine = depot.fetch() {
          census.release(magazine)
        }
        depot.forget()
      }
    }
    var sum: UInt = 0
    for cell in cells {
      cell.reset { cache in
        sum &+= (cache.loaded?.address ?? 0) &+ (cache.previous?.address ?? 0)
        guard cache.counters.isTouched else { return }
        // A magazine that was always here holds no more than was put in here.
        let isAtHome = (cache.counters.spills, cache.counters.refills) == (0, 0)
        let most = isAtHome ? Int(cache.counters.inserts) : rules.magazineCapacity
        cache.loaded?.wipe(min(most, rules.magazineCapacity))
        cache.previous?.wipe(min(most, rules.magazineCapacity))
        cache.counters = CacheCounters()
      }
    }
    let lost = census.live - 2 * cells.count
    let isSound = census.areAll(ofSum: sum)
    census.reset(live: 2 * cells.count)
    return lost == 0 && !isSound ? 1 : lost
  }

  // MARK: Telling

  @inline(never)
  private func announce(_ event: DomainEvent, _ cpu: CPU) {
    supervisor.tell { $0.observed(event, on: cpu) }
  }

  @inline(never)
  private func announceMiss(
    _ magazine: Magazine?, _ spare: Int, _ sizeClass: Int, _ limit: UInt64, _ cpu: CPU
  ) {
    let lowest = magazine.flatMap { magazine in (0..<magazine.count).map { magazine[$0] }.min() }
    announce(
      .missed(
        sizeClass: sizeClass, limit: limit, lowest: lowest.map { PFN($0) }, spare: spare),
      cpu)
  }
}

extension CacheRules {
  /// The class under which a size is cached; nil if it never is.
  @inline(__always)
  func sizeClass(of pages: UInt64) -> Int? { isEnabled ? SizeClass.of(pages) : nil }
}
