/// Actors that wait for something other than a lock.
extension Conductor {
  /// Has a worker rest until there is something to do; false if there will be nothing.
  ///
  /// - Parameter resource: what it touches then.
  func rest(until isDue: () -> Bool, touching resource: Resource) -> Bool {
    pauseWatch()
    defer { resumeWatch() }
    let actor = current
    while !isDue() {
      if active & cpus == 0 || isOver { return false }
      blocked |= 1 << UInt64(actor)
      report?(.rests(actor: actor))
      leave(actor)
    }
    pending[actor] = Step(cpu: actor, resource: resource, writes: true)
    return !isOver
  }

  /// Has workers look whether there is something to do; those that wait for a lock go on waiting.
  func wakeWorkers() {
    pauseWatch()
    defer { resumeWatch() }
    blocked &= ~(active & ~cpus & ~locks.waiting)
  }

  /// Whether any CPU has not ended.
  var hasCPUs: Bool { active & cpus != 0 }

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
