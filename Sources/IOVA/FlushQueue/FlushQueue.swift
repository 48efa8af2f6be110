/// The ranges of a domain that are unmapped and not yet free, since hardware may remember them
/// (rules 63 to 77).
///
/// Owns the locks Q, the timer and its flag, and no algorithm but the order of their use. It never
/// frees: what is covered by an invalidation it hands back.
final class FlushQueue: Sendable {
  let options: FlushOptions
  let timer = MachineTimer()
  private let rules: FlushRules
  private let faults: FaultSet
  private let machine: Machine
  private let invalidator: Invalidator
  private let rings: [Locked<FlushRing>]
  /// 1 from when somebody is to arm the timer until its work begins (rule 71).
  private let timerFlag = AtomicWord()
  private let isSupervised: Bool

  /// Makes the rings, nothing being in use before all of them are whole (rule 74); nil if the
  /// machine refuses memory for one.
  init?(
    _ options: FlushOptions, _ rules: FlushRules, faults: FaultSet, _ invalidator: Invalidator,
    on machine: Machine
  ) {
    var rings: [Locked<FlushRing>] = []
    for index in 0..<options.rings(cpus: machine.cpuCount) {
      guard machine.grantsMemory(on: CPU(0)) else {
        for ring in rings { ring.destroy() }
        return nil
      }
      rings.append(
        Locked(FlushRing(capacity: options.slots), .flushRing(CPU(index)), on: machine))
    }
    self.options = options
    self.rules = rules
    self.faults = faults
    self.machine = machine
    self.invalidator = invalidator
    self.rings = rings
    isSupervised = machine.supervisor.isLive
  }

  func destroy() {
    for ring in rings { ring.destroy() }
  }

  /// The number of the ring that a call on a CPU uses, sampled once.
  @inline(__always)
  private func ringNumber(_ cpu: CPU) -> Int { options.mode == .perCPU ? cpu.index : 0 }

  // MARK: Queueing

  /// Queues a range whose translations are cleared, and hands those that are covered to `free`,
  /// with Q held (rule 70).
  ///
  /// - Returns: whether the caller is to arm the timer.
  /// - Complexity: O(ranges that are freed); at most one invalidation.
  @inline(__always)
  func store(
    _ pfn: UInt64, _ pages: UInt64, _ tables: TablePages, on cpu: CPU, _ free: (FlushEntry) -> Void
  ) -> Bool {
    AtomicWord.fence()
    let number = ringNumber(cpu)
    machine.supervisor.reach(.cpuSampled, on: cpu)
    rings[number].withLock(on: cpu) { ring in
      releaseCovered(&ring, number, cpu, free)
      if ring.isFull { empty(&ring, number, cpu, free) }
      let stamp = invalidator.stamp(on: cpu)
      ring.store(FlushEntry(pfn: pfn, pages: pages, stamp: stamp, tables: tables))
      if isSupervised {
        announce(.queued(PFN(pfn), pages: pages, ring: number, stamp: stamp), cpu)
      }
    }
    return wantsTimer(on: cpu)
  }

  /// Makes room in a full ring by an invalidation.
  @inline(never)
  private func empty(
    _ ring: inout FlushRing, _ number: Int, _ cpu: CPU, _ free: (FlushEntry) -> Void
  ) {
    invalidator.invalidate(.fullRing, on: cpu)
    guard rules.fullRingIsEmptied else { return releaseCovered(&ring, number, cpu, free) }
    // All of it was queued before this invalidation, whatever others have under way.
    while let entry = ring.first { release(entry, &ring, number, cpu, free) }
  }

  /// The free rule (rules 68, 69).
  @inline(__always)
  private func releaseCovered(
    _ ring: inout FlushRing, _ number: Int, _ cpu: CPU, _ free: (FlushEntry) -> Void
  ) {
    if ring.isEmpty { return }
    let finished = invalidator.finished(on: cpu)
    let covered = faults.contains(.q03a) ? finished &+ 1 : finished
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

  /// Whether the timer is off, and this caller is the one that turns it on (rule 71).
  @inline(__always)
  private func wantsTimer(on cpu: CPU) -> Bool {
    machine.supervisor.reach(.timerFlagRead, on: cpu)
    if timerFlag.value != 0 { return false }
    machine.supervisor.reach(.timerFlagChange, on: cpu)
    if timerFlag.exchange(1) != 0 { return false }
    if isSupervised { announce(.flushTimerArmed, cpu) }
    return true
  }

  /// The work of the timer: whoever queues after the flag is reset arms it anew (rule 71).
  func flush(on cpu: CPU, _ free: (FlushEntry) -> Void) {
    if isSupervised { announce(.flushTimerBegan, cpu) }
    machine.supervisor.reach(.timerFlagChange, on: cpu)
    timerFlag.store(0)
    invalidator.invalidate(.timer, on: cpu)
    for number in rings.indices {
      rings[number].withLock(on: cpu) { releaseCovered(&$0, number, cpu, free) }
    }
    if isSupervised { announce(.flushTimerEnded, cpu) }
  }

  /// Disarms the timer, and waits for the end of its work (rule 76).
  func stop(on cpu: CPU) {
    machine.cancel(timer, waits: !faults.contains(.q01), on: cpu)
  }

  // MARK: Teardown

  /// Releases the page-table pages of what is still queued; the ranges go with the tree (rule 76).
  func releaseTables(on cpu: CPU) {
    for ring in rings {
      ring.dismantle { ring in
        for index in 0..<ring.count { invalidator.release(ring[index].tables, on: cpu) }
        ring.drop()
      }
    }
  }

  /// Returns to the state after init; only when nobody runs and no timer is armed.
  func reset() {
    releaseTables(on: CPU(0))
    for ring in rings { ring.reset { $0.forget() } }
    timerFlag.store(0)
  }

  // MARK: Seen from outside

  @inline(never)
  private func announce(_ event: DomainEvent, _ cpu: CPU) {
    machine.supervisor.call { $0.observed(event, on: cpu) }
  }

  var ringCount: Int { rings.count }

  func inspect<Result>(_ number: Int, _ body: (borrowing FlushRing) -> Result) -> Result {
    rings[number].inspect(body)
  }

  /// Whether the flag says that the timer is on.
  var isTimerOn: Bool { timerFlag.value != 0 }

  func count(into counters: inout FlushCounters) {
    counters.bytes = rings.count * options.slots * MemoryLayout<FlushEntry>.stride
    for ring in rings {
      counters.ringLockAcquisitions &+= ring.acquisitions
      ring.inspect {
        counters.queued &+= $0.queued
        counters.released &+= $0.released
      }
    }
  }
}
