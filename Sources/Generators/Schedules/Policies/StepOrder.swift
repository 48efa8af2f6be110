/// What the steps of a path did, and which of them had to come before which.
///
/// By point and CPU it keeps the step that the CPU took, or would have taken, from there; by point
/// a vector clock: of each CPU, the last step that had to come before.
struct StepOrder: Sendable {
  /// Two steps that conflict, with none between them that would order them.
  struct Race {
    /// Where the earlier one was taken.
    let index: Int
    /// Who could begin the other order: whoever has a step that no other has to come before, of
    /// all that the earlier step did not have to come before.
    let initials: CPUSet
  }

  private var cpus = 0
  private var footprints: [Step] = []
  private var clocks: [Int32] = []
  /// By point, who took the step.
  private var takers: [Int] = []
  /// The points whose step others can notice, ascending.
  private var noticed: [Int] = []
  /// By CPU, its last step so far and one; 0 if it took none.
  private var last: [Int32] = []
  /// Points before this one are as they were in the execution before.
  private var kept = 0
  /// The clock of the step that is looked at, and what orders it before it is known whether the
  /// other order can be had.
  private var clock: [Int32] = []
  private var mask: [Int32] = []
  /// By CPU, its first step of another order.
  private var first: [Int32] = []
  /// By point, who could have run.
  private var runnable: [CPUSet] = []
  /// The races of the step that was looked at last.
  private(set) var races: [Race] = []

  mutating func begin(cpus: Int, keeping kept: Int) {
    self.cpus = cpus
    self.kept = kept
    last.removeAll(keepingCapacity: true)
    for _ in 0..<cpus { last.append(0) }
    if clock.count != cpus {
      clock = last
      mask = last
      first = last
    }
    while let point = noticed.last, point >= kept { noticed.removeLast() }
  }

  /// Notes who can run at a new point.
  mutating func open(_ point: Int, _ runnable: CPUSet) {
    self.runnable.removeLast(self.runnable.count - min(self.runnable.count, point))
    self.runnable.append(runnable)
  }

  /// Notes the step that was taken at a point, and looks for its races; there are none of a step
  /// that was looked at in an execution before.
  mutating func ran(_ step: Step, at point: Int) {
    races.removeAll(keepingCapacity: true)
    let place = point * cpus
    while footprints.count < place + 2 * cpus {
      footprints.append(Step(cpu: 0, resource: .none, writes: false))
      clocks.append(0)
    }
    while takers.count <= point { takers.append(0) }
    footprints[place + step.cpu] = step
    takers[point] = step.cpu
    defer { last[step.cpu] = Int32(point + 1) }
    guard point >= kept else { return }
    look(at: step, point)
    clock[step.cpu] = Int32(point + 1)
    for cpu in 0..<cpus { clocks[place + cpu] = clock[cpu] }
    if step.resource != .none || step.part.contains(.begins) { noticed.append(point) }
  }

  /// The step that was taken at a point belongs to the one of another point: what sleeps there
  /// sleeps until a step conflicts with either.
  mutating func join(_ point: Int, to head: Int) {
    let cpu = takers[point]
    footprints[head * cpus + cpu].join(footprints[point * cpus + cpu])
  }

  /// Looks for the races of a step that may be taken at a point.
  mutating func look(at step: Step, _ point: Int) {
    races.removeAll(keepingCapacity: true)
    let before = Int(last[step.cpu]) - 1
    for cpu in 0..<cpus {
      clock[cpu] = before < 0 ? 0 : clocks[before * cpus + cpu]
      mask[cpu] = clock[cpu]
    }
    guard step.resource != .none || step.part.contains(.ends) else { return }
    // The clock must be whole before it can be said who could begin another order.
    var place = noticed.count
    while place > 0 {
      place -= 1
      if conflict(noticed[place], step) { joinClock(of: noticed[place]) }
    }
    place = noticed.count
    while place > 0 {
      place -= 1
      let earlier = noticed[place]
      guard conflict(earlier, step) || overlap(earlier, step) else { continue }
      // What kept the CPU from running was no race, and orders nothing that was one.
      guard runnable[earlier].contains(step.cpu) else { continue }
      if mask[takers[earlier]] < Int32(earlier + 1) {
        races.append(Race(index: earlier, initials: initials(after: earlier, step, point)))
      }
      joinMask(with: earlier)
    }
  }

  private func conflict(_ earlier: Int, _ step: Step) -> Bool {
    let other = takers[earlier]
    return other != step.cpu && footprints[earlier * cpus + other].conflicts(with: step)
  }

  /// Whether a call began before one ended that could have ended before it. Such steps order no
  /// others.
  private func overlap(_ earlier: Int, _ step: Step) -> Bool {
    let other = takers[earlier]
    return other != step.cpu && footprints[earlier * cpus + other].overlaps(step)
  }

  // Two functions: one that takes the array as `inout` would copy all the others.
  private mutating func joinClock(of earlier: Int) {
    for cpu in 0..<cpus { clock[cpu] = max(clock[cpu], clocks[earlier * cpus + cpu]) }
  }

  private mutating func joinMask(with earlier: Int) {
    for cpu in 0..<cpus { mask[cpu] = max(mask[cpu], clocks[earlier * cpus + cpu]) }
  }

  /// Only the first step that each CPU has in the other order matters: whatever has to come after
  /// a later one has to come after that as well.
  private mutating func initials(after earlier: Int, _ step: Step, _ point: Int) -> CPUSet {
    let taker = takers[earlier]
    var initials = CPUSet()
    for cpu in 0..<cpus { first[cpu] = .max }
    var seen = CPUSet()
    for index in (earlier + 1)..<max(point, earlier + 1) {
      let cpu = takers[index]
      // What had to come after the earlier step is not part of the other order.
      if seen.contains(cpu) || clocks[index * cpus + taker] > Int32(earlier) { continue }
      let own = index * cpus
      if !(0..<cpus).contains(where: { clocks[own + $0] > first[$0] }) { initials.insert(cpu) }
      seen.insert(cpu)
      first[cpu] = Int32(index)
    }
    if !seen.contains(step.cpu), !(0..<cpus).contains(where: { clock[$0] > first[$0] }) {
      initials.insert(step.cpu)
    }
    return initials
  }

  /// What a CPU would do from a point; known only if it was tried there or sleeps there.
  func footprint(of cpu: Int, at point: Int) -> Step { footprints[point * cpus + cpu] }

  /// Whether the step of a CPU from a point may have another effect after that of another CPU.
  func conflict(_ cpu: Int, _ other: Int, at point: Int) -> Bool {
    let step = footprints[point * cpus + cpu]
    let taken = footprints[point * cpus + other]
    return step.conflicts(with: taken) || step.overlaps(taken)
  }

  /// What a CPU would do from a point it would do from the next one as well.
  mutating func carry(_ cpu: Int, from point: Int) {
    footprints[(point + 1) * cpus + cpu] = footprints[point * cpus + cpu]
  }
}
