import Generators
import IOVA

/// The system under test as an edit of its code would leave it, seen from the conductor: stands
/// between the machine and the conductor, and adds or drops places where CPUs may be switched.
///
/// The laws see the system as it is.
final class EditedSystem: Supervisor {
  /// An edit.
  enum Edit: Hashable, Sendable {
    case none
    /// A statement without a lock comes before each lock, or after it.
    case windowBefore(Window)
    case windowAfter(Window)
    /// Locks of this rank are taken twice where once would do.
    case takenTwice(LockRank)
    /// What locks of this rank guard is done in two parts.
    case split(LockRank)
    /// A lock nobody else knows is taken and released before each lock of this rank.
    case lockBefore(LockRank)
    /// Locks of this rank are gone, and what they guard is one step.
    case lockGone(LockRank)
    case windowGone(Window)
    case allWindowsGone
    /// Size classes have other numbers.
    case otherClasses
    /// A timer comes due after each lock, and does nothing.
    case moreTimers
    /// CPU 0 takes a lock before T, and the others after T: they may wait for each other.
    case opposite
  }

  private let edit: Edit
  private let conductor: any Supervisor
  private let laws: any Supervisor
  private let unknown: LockID

  /// - Parameter unknown: a lock that the domain does not have.
  init(_ edit: Edit, _ conductor: any Supervisor, _ laws: any Supervisor, unknown: LockID) {
    self.edit = edit
    self.conductor = conductor
    self.laws = laws
    self.unknown = unknown
  }

  func acquiring(_ lock: LockID, on cpu: CPU) {
    laws.acquiring(lock, on: cpu)
    switch edit {
    case .windowBefore(let window): conductor.reached(window, on: cpu)
    case .takenTwice(lock.rank):
      conductor.acquiring(lock, on: cpu)
      conductor.released(lock, on: cpu)
    case .lockBefore(lock.rank):
      conductor.acquiring(unknown, on: cpu)
      conductor.released(unknown, on: cpu)
    case .opposite where lock == .rangeTree && cpu.index == 0:
      conductor.acquiring(unknown, on: cpu)
    case .lockGone(lock.rank): return
    default: break
    }
    conductor.acquiring(renamed(lock), on: cpu)
    if edit == .opposite, lock == .rangeTree, cpu.index > 0 {
      conductor.acquiring(unknown, on: cpu)
    }
  }

  func releasing(_ lock: LockID, on cpu: CPU) {
    laws.releasing(lock, on: cpu)
  }

  func released(_ lock: LockID, on cpu: CPU) {
    if edit == .lockGone(lock.rank) { return }
    if edit == .split(lock.rank) {
      conductor.released(lock, on: cpu)
      conductor.acquiring(lock, on: cpu)
    }
    if edit == .opposite, lock == .rangeTree { conductor.released(unknown, on: cpu) }
    conductor.released(renamed(lock), on: cpu)
    switch edit {
    case .windowAfter(let window): conductor.reached(window, on: cpu)
    case .moreTimers: conductor.reached(.timerDue, on: cpu)
    default: break
    }
  }

  func reached(_ window: Window, on cpu: CPU) {
    if edit == .allWindowsGone || edit == .windowGone(window) { return }
    conductor.reached(window, on: cpu)
  }

  func observed(_ event: DomainEvent, on cpu: CPU) { laws.observed(event, on: cpu) }

  func oops(_ oops: Oops, on cpu: CPU) { laws.oops(oops, on: cpu) }

  private func renamed(_ lock: LockID) -> LockID {
    guard edit == .otherClasses else { return lock }
    let other = 5 - Int(lock.sizeClass)
    switch lock.rank {
    case .depot: return .depot(other)
    case .cpuCache: return .cpuCache(CPU(Int(lock.cpu)), other)
    case .attachment, .worker, .flushRing, .rangeTree, .tableSplit, .tableMemory,
      .physicalMemory, .timers:
      return lock
    }
  }
}
