/// Has the hardware of a domain forget everything, and counts how often (rule 66).
final class Invalidator: Sendable {
  /// Why everything was invalidated.
  enum Cause { case fullRing, timer, unmapping }

  private let epoch = FlushEpoch()
  private let target: (any FlushTarget)?
  private let supervisor: SupervisorLink
  // By cause.
  private let forFullRings = AtomicWord()
  private let byTimer = AtomicWord()
  private let forUnmappings = AtomicWord()

  init(_ target: (any FlushTarget)?, on machine: Machine) {
    self.target = target
    supervisor = machine.supervisor
  }

  /// Invalidations that have finished; each covers every range queued before it started.
  @inline(__always)
  func finished(on cpu: CPU) -> UInt64 {
    supervisor.reach(.epochRead, on: cpu)
    return epoch.finished
  }

  /// The stamp of a range queued now: how many invalidations have started (rule 67).
  @inline(__always)
  func stamp(on cpu: CPU) -> UInt64 {
    supervisor.reach(.epochRead, on: cpu)
    let stamp = epoch.started
    supervisor.reach(.stampTaken, on: cpu)
    return stamp
  }

  /// Returns once the hardware has forgotten everything that it knew before.
  ///
  /// - Returns: the number of this invalidation, which covers every lower stamp. 0 for that of an
  ///   unmapping, which must not cover stamps: it may end long after one that started later.
  @discardableResult
  func invalidate(_ cause: Cause, on cpu: CPU) -> UInt64 {
    let isCounted = cause != .unmapping
    switch cause {
    case .fullRing: forFullRings.increment()
    case .timer: byTimer.increment()
    case .unmapping: forUnmappings.increment()
    }
    if isCounted { supervisor.reach(.epochChange, on: cpu) }
    let number = isCounted ? epoch.start() : 0
    supervisor.tell { $0.observed(.invalidationStarted, on: cpu) }
    supervisor.reach(.invalidation, on: cpu)
    target?.invalidateEverything(on: cpu)
    supervisor.tell { $0.observed(.invalidationFinished, on: cpu) }
    if isCounted {
      supervisor.reach(.epochChange, on: cpu)
      epoch.finish()
    }
    return number
  }

  /// Makes visible to the hardware and other CPUs what this CPU has stored (rule 74).
  @inline(__always)
  func barrier(on cpu: CPU) {
    AtomicWord.fence()
    if let target { target.barrier(on: cpu) }
  }

  /// Releases page-table pages, if there are any.
  @inline(__always)
  func release(_ tables: TablePages, on cpu: CPU) {
    if !tables.isEmpty { target?.release(tables, on: cpu) }
  }

  /// Resets the counts; only while nobody runs.
  func reset() {
    epoch.reset()
    forFullRings.reset()
    byTimer.reset()
    forUnmappings.reset()
  }

  /// Started and finished, read in an order in which the second is never above the first.
  var counts: EpochSnapshot {
    let finished = epoch.finished
    return EpochSnapshot(started: epoch.started, finished: finished)
  }

  /// All that have started.
  var started: UInt64 { epoch.started &+ forUnmappings.value }

  func count(into counters: inout FlushCounters) {
    counters.forFullRings = forFullRings.value
    counters.byTimer = byTimer.value
    counters.forUnmappings = forUnmappings.value
    counters.started = started
    counters.finished = epoch.finished &+ counters.forUnmappings
  }
}

/// How many invalidations of a flush queue have started and finished.
package struct EpochSnapshot: Hashable, Sendable {
  package var started: UInt64 = 0
  package var finished: UInt64 = 0
}
