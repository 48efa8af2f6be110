/// The ranges of a domain that are unmapped but not yet free, since hardware may remember them
/// (rules 63 to 77).
///
/// Owns the locks Q, the timer and its flag, and only the order of their use. It never frees, but
/// hands back what an invalidation covers.
final class FlushQueue: Sendable {
  let options: FlushOptions
  let timer = MachineTimer()
  private let rules: FlushRules
  private let faults: FaultSet
  private let machine: Machine
  private let invalidator: Invalidator
  private let rings: [Locked<FlushRing>]
  /// 1 from the decision to arm the timer until its work begins (rule 71).
  private let timerFlag = AtomicWord()
  private let isSupervised: Bool
  /// 1 while unmappings are to queue, which needs every ring to have its slots (rule 74).
  private let useFlag = AtomicWord()
  /// 1 while a CPU makes rings.
  private let openingFlag = AtomicWord()
  /// Memory of all slots, in bytes.
  private let bytesHeld = AtomicWord()
  private let isOpenFromStart: Bool
  /// 1 while the rings that were to be there from the start are not, for want of memory.
  private let lackFlag = AtomicWord()
  /// 1 once the mode that was asked for is forgotten (fault D12).
  private let forgottenFlag = AtomicWord()

  /// - Parameter isOpen: whether to make the rings now and use them from the start; unless the
  ///   machine refuses memory for one: then there are none until `open` makes them.
  init(
    _ options: FlushOptions, _ rules: FlushRules, faults: FaultSet, _ invalidator: Invalidator,
    isOpen: Bool, on machine: Machine
  ) {
    let mostRings = faults.contains(.d12) ? machine.cpuCount : options.rings(cpus: machine.cpuCount)
    rings = (0..<mostRings).map { index in
      Locked(FlushRing(capacity: options.slots), .flushRing(CPU(index)), on: machine)
    }
    isOpenFromStart = isOpen
    self.options = options
    self.rules = rules
    self.faults = faults
    self.machine = machine
    self.invalidator = invalidator
    isSupervised = machine.supervisor.isLive
    if isOpen { openAtStart() }
  }

  /// Makes the rings without telling anyone, all or none.
  private func openAtStart() {
    for ring in rings.prefix(usedRings) {
      guard machine.grantsMemory(on: CPU(0)) else {
        for ring in rings { ring.dismantle { releaseSlots(&$0) } }
        lackFlag.store(1)
        if faults.contains(.d12) { forgottenFlag.store(1) }
        return
      }
      ring.dismantle { $0.makeSlots() }
      bytesHeld.add(FlushRing.bytes(capacity: options.slots))
    }
    useFlag.store(1)
  }

  func destroy() {
    for ring in rings { ring.destroy() }
  }

  // MARK: The mode

  /// Whether unmappings are to queue; an unmapping asks once (rule 74).
  @inline(__always)
  func isOpen(on cpu: CPU) -> Bool {
    machine.supervisor.reach(.modeRead, on: cpu)
    return useFlag.value != 0
  }

  /// Makes the missing rings, and then has unmappings queue.
  ///
  /// - Returns: false if there is no memory for a ring, or another CPU is making them; unmappings
  ///   then go on as before (rule 75).
  func open(on cpu: CPU) -> Bool {
    machine.supervisor.reach(.modeChange, on: cpu)
    if openingFlag.exchange(1) != 0 { return false }
    if faults.contains(.q02b) { useFlag.store(1) }
    let isComplete = (0..<usedRings).allSatisfy { makeRing($0, on: cpu) }
    machine.supervisor.reach(.modeChange, on: cpu)
    if isComplete || faults.contains(.d10) {
      useFlag.store(1)
      lackFlag.store(0)
    } else if faults.contains(.q02b) {
      useFlag.store(0)
    }
    openingFlag.store(0)
    return isComplete
  }

  private func makeRing(_ number: Int, on cpu: CPU) -> Bool {
    rings[number].withLock(on: cpu) { ring in
      if ring.hasSlots { return true }
      guard machine.grantsMemory(on: cpu) else { return false }
      ring.makeSlots()
      bytesHeld.add(FlushRing.bytes(capacity: ring.capacity))
      if isSupervised { announce(.ringMade(number), cpu) }
      return true
    }
  }

  /// Has unmappings free immediately; what is queued waits for an invalidation as before.
  func close(on cpu: CPU) {
    machine.supervisor.reach(.modeChange, on: cpu)
    useFlag.store(0)
  }

  /// The number of the ring that a call on a CPU uses, sampled once.
  @inline(__always)
  private func ringNumber(_ cpu: CPU) -> Int { isPerCPU ? cpu.index : 0 }

  @inline(__always)
  private var isPerCPU: Bool { options.mode == .perCPU || forgottenFlag.value != 0 }

  /// How many rings are to be made.
  private var usedRings: Int { isPerCPU ? rings.count : 1 }

  // MARK: Queueing

  /// Queues a range whose translations are cleared, and passes those that are covered to `free`,
  /// with Q held (rule 70).
  ///
  /// - Returns: whether the caller is to arm the timer; nil, with nothing done, if the ring does
  ///   not exist.
  /// - Complexity: O(ranges that are freed); at most one invalidation.
  @inline(__always)
  func store(
    _ pfn: UInt64, _ pages: UInt64, _ tables: TablePages, on cpu: CPU, _ free: (FlushEntry) -> Void
  ) -> Bool? {
    if !faults.contains(.q04) { invalidator.barrier(on: cpu) }
    let number = ringNumber(cpu)
    machine.supervisor.reach(.cpuSampled, on: cpu)
    let isStored = rings[number].withLock(on: cpu) { ring in
      guard ring.hasSlots else { return false }
      releaseCovered(&ring, number, cpu, free)
      if ring.isFull { empty(&ring, number, cpu, free) }
      let stamp = invalidator.stamp(on: cpu)
      ring.store(FlushEntry(pfn: pfn, pages: pages, stamp: stamp, tables: tables))
      if isSupervised {
        announce(.queued(PFN(pfn), pages: pages, ring: number, stamp: stamp), cpu)
      }
      return true
    }
    return isStored ? wantsTimer(on: cpu) : nil
  }

  /// Makes room in a full ring by an invalidation.
  @inline(never)
  private func empty(
    _ ring: inout FlushRing, _ number: Int, _ cpu: CPU, _ free: (FlushEntry) -> Void
  ) {
    let own = invalidator.invalidate(.fullRing, on: cpu)
    releaseCovered(&ring, number, cpu, after: own, free)
  }

  /// The free rule (rules 68, 69).
  ///
  /// - Parameter own: the number of an invalidation that the caller has finished; 0 for none.
  @inline(__always)
  private func releaseCovered(
    _ ring: inout FlushRing, _ number: Int, _ cpu: CPU, after own: UInt64 = 0,
    _ free: (FlushEntry) -> Void
  ) {
    if ring.isEmpty { return }
    let finished = invalidator.finished(on: cpu)
    var covered = faults.contains(.q03a) ? finished &+ 1 : finished
    if rules.ownInvalidationCounts { covered = max(covered, own) }
    while let entry = ring.first, entry.stamp < covered {
      release(entry, &ring, number, cpu, free)
    }
  }

  private func release(
    _ entry: FlushEntry, _ ring: inout FlushRing, _ number: Int, _ cpu: CPU,
    _ free: (FlushEntry) -> Void
  ) {
    ring.removeFirst()
    if isSupervised {
      announce(.released(PFN(entry.pfn), pages: entry.pages, ring: number), cpu)
    }
    invalidator.release(entry.tables, on: cpu)
    free(entry)
  }

  // MARK: The timer

  /// Whether the timer was off, and this caller turned it on (rule 71).
  @inline(__always)
  private func wantsTimer(on cpu: CPU) -> Bool {
    machine.supervisor.reach(.timerFlagRead, on: cpu)
    if timerFlag.value != 0 { return false }
    machine.supervisor.reach(.timerFlagChange, on: cpu)
    if timerFlag.exchange(1) != 0 { return false }
    if isSupervised { announce(.flushTimerArmed, cpu) }
    return true
  }

  /// The timer's work: a range queued after the flag is reset arms the timer again (rule 71).
  func flush(on cpu: CPU, _ free: (FlushEntry) -> Void) {
    if isSupervised { announce(.flushTimerBegan, cpu) }
    machine.supervisor.reach(.timerFlagChange, on: cpu)
    timerFlag.store(0)
    let own = invalidator.invalidate(.timer, on: cpu)
    for number in rings.indices {
      rings[number].withLock(on: cpu) { releaseCovered(&$0, number, cpu, after: own, free) }
    }
    if isSupervised { announce(.flushTimerEnded, cpu) }
  }

  /// Disarms the timer, and waits for its work to end (rule 76).
  func stop(on cpu: CPU) {
    machine.cancel(timer, waits: !faults.contains(.q01), on: cpu)
  }

  // MARK: Teardown

  /// Releases the page-table pages of what is still queued, and the rings; the ranges are released
  /// with the tree (rule 76).
  func dismantle(on cpu: CPU) {
    releaseTables(on: cpu)
    for ring in rings { ring.dismantle { releaseSlots(&$0) } }
  }

  private func releaseTables(on cpu: CPU) {
    for ring in rings {
      ring.dismantle { ring in
        for index in 0..<ring.count { invalidator.release(ring[index].tables, on: cpu) }
        ring.drop()
      }
    }
  }

  private func releaseSlots(_ ring: inout FlushRing) {
    if ring.hasSlots { bytesHeld.add(-FlushRing.bytes(capacity: ring.capacity)) }
    ring.releaseSlots()
  }

  /// Returns to the initial state; only while nobody runs and no timer is armed.
  ///
  /// - Parameter isReleasing: whether queued ranges have page-table pages to be released.
  func reset(releasing isReleasing: Bool) {
    if isReleasing { releaseTables(on: CPU(0)) }
    for ring in rings { ring.reset { $0.forget() } }
    if !isOpenFromStart {
      for ring in rings { ring.dismantle { releaseSlots(&$0) } }
    }
    timerFlag.reset()
    useFlag.store(isOpenFromStart ? 1 : 0)
    openingFlag.reset()
  }

  // MARK: Seen from outside

  @inline(never)
  private func announce(_ event: DomainEvent, _ cpu: CPU) {
    machine.supervisor.tell { $0.observed(event, on: cpu) }
  }

  var ringCount: Int { rings.count }

  func inspect<Result>(_ number: Int, _ body: (borrowing FlushRing) -> Result) -> Result {
    rings[number].inspect(body)
  }

  /// The value of the flag: whether the timer is on.
  var isTimerOn: Bool { timerFlag.value != 0 }

  /// Whether there was no memory for the rings, so that every unmapping invalidates (rule 75).
  var lacksRings: Bool { lackFlag.value != 0 }

  /// Whether unmappings queue; an estimate while it is being changed.
  var isInUse: Bool { useFlag.value != 0 }

  /// Memory of all slots, in bytes, as counted when rings were made and released.
  var bytes: Int { Int(truncatingIfNeeded: bytesHeld.value) }

  func count(into counters: inout FlushCounters) {
    counters.bytes = bytes
    for ring in rings {
      counters.ringLockAcquisitions &+= ring.acquisitions
      ring.inspect {
        counters.queued &+= $0.queued
        counters.released &+= $0.released
      }
    }
  }
}
