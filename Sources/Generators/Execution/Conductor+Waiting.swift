import IOVA

/// Actors that wait for something other than a lock.
extension Conductor {
  /// Has the worker wait until a timer is due; false if none will be.
  func awaitDueTimer(_ machine: Machine) -> Bool {
    pauseWatch()
    defer { resumeWatch() }
    let actor = current
    while !machine.hasDueTimers {
      if active & cpus == 0 || isOver { return false }
      blocked |= 1 << UInt64(actor)
      report?(.rests(actor: actor))
      leave(actor)
    }
    pending[actor] = Step(cpu: actor, resource: locks.timers, writes: true)
    return !isOver
  }

  /// Has a CPU wait until all others are done.
  func awaitOthers() {
    pauseWatch()
    defer { resumeWatch() }
    let bit: UInt64 = 1 << UInt64(current)
    guard active & cpus != bit, !isOver else { return }
    joining = bit
    blocked |= bit
    report?(.rests(actor: current))
    leave(current)
    joining = 0
  }

  // MARK: Unwatched by ThreadSanitizer

  @inline(__always)
  func pauseWatch() { if isSanitized { sanitizer?.pause() } }

  @inline(__always)
  func resumeWatch() { if isSanitized { sanitizer?.resume() } }
}
