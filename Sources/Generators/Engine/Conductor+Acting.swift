/// What the actor that runs does.
extension Conductor {
  /// The actor that runs takes a lock, once it is free.
  @inline(__always)
  func take(_ lock: Int) {
    guard isConducting else { return }
    pauseWatch()
    defer { resumeWatch() }
    let actor = current
    let resource = Resource.lock(lock)
    pending[actor] = Step(cpu: actor, resource: resource, writes: true)
    if locksLock {
      locks.want(lock, actor)
      if locks.isTaken(lock) {
        blocked |= 1 << UInt64(actor)
        if isTracing { trace.stands(actor, .takes(resource)) }
        noteBreach(actor, .takes(resource))
        report?(.waits(actor: actor, for: resource))
        leave(actor)
      } else {
        stand(actor, .takes(resource))
      }
      blocked |= locks.take(lock, actor)
    } else {
      stand(actor, .takes(resource))
    }
    report?(.holds(actor: actor, resource))
  }

  /// The actor that runs has released a lock.
  @inline(__always)
  func release(_ lock: Int) {
    guard isConducting else { return }
    pauseWatch()
    defer { resumeWatch() }
    let actor = current
    if locksLock { blocked &= ~locks.release(lock) }
    report?(.lets(actor: actor, .lock(lock)))
    pending[actor] = Step(
      cpu: actor, resource: .none, writes: false, part: ordersCalls ? .follows : [])
    stand(actor, .released(.lock(lock)))
  }

  /// The actor that runs stands at a place without a lock.
  ///
  /// - Parameter resource: what its next step touches.
  @inline(__always)
  func reach(_ place: SwitchPoint, _ resource: Resource, writes: Bool) {
    guard isConducting else { return }
    pauseWatch()
    defer { resumeWatch() }
    pending[current] = Step(cpu: current, resource: resource, writes: writes)
    stand(current, place)
  }
}
