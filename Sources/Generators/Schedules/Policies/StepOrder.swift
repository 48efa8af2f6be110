/// What the steps of a path did, and which of them had to come before which.
///
/// By point and CPU it keeps the step that the CPU took, or would have taken, from there; by step a
/// vector clock: of each CPU, the last step that had to come before.
struct StepOrder: Sendable {
  private var cpus = 0
  private var footprints: [Step] = []
  private var clocks: [Int32] = []
  /// The points whose step others can notice, ascending.
  private var noticed: [Int] = []
  /// By CPU, its last step so far and one; 0 if it took none.
  private var last: [Int32] = []
  /// Points before this one are as they were in the execution before.
  private var kept = 0

  mutating func begin(cpus: Int, keeping kept: Int) {
    self.cpus = cpus
    self.kept = kept
    last.removeAll(keepingCapacity: true)
    for _ in 0..<cpus { last.append(0) }
    while let point = noticed.last, point >= kept { noticed.removeLast() }
  }

  /// Notes the step that was taken at a point.
  mutating func ran(_ step: Step, at point: Int) {
    let place = point * cpus
    while footprints.count < place + 2 * cpus {
      footprints.append(Step(cpu: 0, resource: .none, writes: false))
      clocks.append(0)
    }
    footprints[place + step.cpu] = step
  }

  /// The last earlier step that conflicts with this one and that nothing orders before it.
  ///
  /// - Returns: its point, and a CPU that may be run there to get the other order, if the step's
  ///   own can't; nil if there is none, or if the step was looked at in an execution before.
  mutating func race(of step: Step, at point: Int) -> (index: Int, helper: Int?)? {
    let before = Int(last[step.cpu]) - 1
    last[step.cpu] = Int32(point + 1)
    guard point >= kept else { return nil }
    let place = point * cpus
    for cpu in 0..<cpus { clocks[place + cpu] = before < 0 ? 0 : clocks[before * cpus + cpu] }
    guard step.resource != .none else {
      clocks[place + step.cpu] = Int32(point + 1)
      return nil
    }
    var found: Int?
    for earlier in noticed.reversed() {
      let other = taker[earlier]
      guard other != step.cpu, footprints[earlier * cpus + other].conflicts(with: step) else {
        continue
      }
      if found == nil, before < 0 || clocks[before * cpus + other] < Int32(earlier + 1) {
        found = earlier
      }
      for cpu in 0..<cpus {
        clocks[place + cpu] = max(clocks[place + cpu], clocks[earlier * cpus + cpu])
      }
    }
    clocks[place + step.cpu] = Int32(point + 1)
    noticed.append(point)
    while taker.count <= point { taker.append(0) }
    taker[point] = step.cpu
    return found.map { ($0, helper(after: $0, before)) }
  }

  /// By point that is noticed, who took the step.
  private var taker: [Int] = []

  /// Somebody whose step after a point had to come before the CPU's last one.
  private func helper(after point: Int, _ before: Int) -> Int? {
    guard before >= 0 else { return nil }
    return (0..<cpus).first { clocks[before * cpus + $0] > Int32(point + 1) }
  }

  /// Whether the steps of two CPUs from one point conflict.
  func conflict(_ cpu: Int, _ other: Int, at point: Int) -> Bool {
    footprints[point * cpus + cpu].conflicts(with: footprints[point * cpus + other])
  }

  /// What a CPU would do from a point it would do from the next one as well.
  mutating func carry(_ cpu: Int, from point: Int) {
    footprints[(point + 1) * cpus + cpu] = footprints[point * cpus + cpu]
  }
}
