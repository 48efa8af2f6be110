/// Actors that rest, sleep, or are given up.
extension Conductor {
  /// The actor that runs can't go on before somebody wakes those at the place.
  func rest(at place: Int) {
    guard isConducting else { return }
    pauseWatch()
    defer { resumeWatch() }
    let actor = current
    resting[actor] = place
    pending[actor] = Step(cpu: actor, resource: .other(place), writes: true)
    blocked |= 1 << UInt64(actor)
    report?(.awaits(actor: actor, at: .other(place)))
    leave(actor)
    resting[actor] = -1
  }

  /// Those who rest at the place may look again.
  func wake(_ place: Int) {
    guard isConducting else { return }
    for actor in 0..<actorCount where resting[actor] == place { blocked &= ~(1 << UInt64(actor)) }
  }

  /// Whether the actor that runs gets a lock at once.
  func tryTake(_ lock: Int) -> Bool {
    guard isConducting, locksLock, !locks.isTaken(lock) else { return !isConducting || !locksLock }
    blocked |= locks.take(lock, current)
    report?(.holds(actor: current, .lock(lock)))
    return true
  }

  /// Ends the execution as it is: nobody goes on.
  func giveUp() -> Never {
    wasGivenUp = true
    isConducting = false
    resumeWatch()
    carrier.abandon(from: current)
  }

  // MARK: Time

  /// The actor that runs goes on once so much time has passed, which it does when nobody else can.
  func sleep(_ milliseconds: UInt64) {
    guard isConducting else { return }
    pauseWatch()
    defer { resumeWatch() }
    let actor = current
    alarms.append((actor, time &+ milliseconds))
    pending[actor] = Step(cpu: actor, resource: .none, writes: false)
    blocked |= 1 << UInt64(actor)
    report?(.rests(actor: actor))
    leave(actor)
  }

  /// Lets time pass up to when the first of those that sleep want to go on.
  func wakeSleepers() {
    guard let next = alarms.map(\.time).min() else { return }
    time = max(time, next)
    for alarm in alarms where alarm.time <= time { blocked &= ~(1 << UInt64(alarm.actor)) }
    alarms.removeAll { $0.time <= time }
  }
}
