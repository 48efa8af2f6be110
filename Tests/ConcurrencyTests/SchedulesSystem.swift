import Generators

/// Steps that touch resources or take and release locks, run under any policy; for what the toys
/// lack: CPUs that wait, deadlocks, and any mix of conflicts.
struct FootprintSystem {
  enum Action: Hashable {
    case read(UInt32)
    case write(UInt32)
    case acquire(UInt32)
    case release(UInt32)

    func step(_ cpu: Int) -> Step {
      switch self {
      case .read(let number): Step(cpu: cpu, resource: Resource(number), writes: false)
      case .write(let number), .acquire(let number), .release(let number):
        Step(cpu: cpu, resource: Resource(number), writes: true)
      }
    }
  }

  enum Ending: Hashable {
    case finished, deadlocked, cutOff
  }

  let actions: [[Action]]
  private(set) var trace: [Int] = []

  init(_ actions: [[Action]]) { self.actions = actions }

  var plan: ExecutionPlan { ExecutionPlan(steps: actions.map(\.count)) }

  /// Who can take a step after these were taken, and what each would be.
  func state(after trace: [Int]) -> (runnable: CPUSet, pending: [Step]) {
    var next = Array(repeating: 0, count: actions.count)
    var locked: Set<UInt32> = []
    for cpu in trace {
      switch actions[cpu][next[cpu]] {
      case .acquire(let lock): locked.insert(lock)
      case .release(let lock): locked.remove(lock)
      case .read, .write: break
      }
      next[cpu] += 1
    }
    var runnable = CPUSet()
    var pending: [Step] = []
    for cpu in actions.indices {
      guard next[cpu] < actions[cpu].count else {
        pending.append(Step(cpu: cpu, resource: .none, writes: false))
        continue
      }
      let action = actions[cpu][next[cpu]]
      pending.append(action.step(cpu))
      if case .acquire(let lock) = action, locked.contains(lock) { continue }
      runnable.insert(cpu)
    }
    return (runnable, pending)
  }

  mutating func run<Policy: Scheduler>(
    _ policy: inout Policy, drawing source: inout ChoiceSource
  ) -> Ending {
    trace = []
    policy.begin(plan, drawing: &source)
    while true {
      let (runnable, pending) = state(after: trace)
      guard !runnable.isEmpty else {
        if trace.count == plan.total { return .finished }
        policy.deadlocked(pending: pending.span)
        return .deadlocked
      }
      let chosen = policy.next(
        of: runnable, after: trace.last, pending: pending.span, drawing: &source)
      guard let cpu = chosen else { return .cutOff }
      precondition(runnable.contains(cpu), "cpu\(cpu) cannot run")
      trace.append(cpu)
      policy.ran(pending[cpu])
    }
  }

  /// Every order, by plain recursion.
  func orders(after trace: [Int] = []) -> [[Int]] {
    let runnable = state(after: trace).runnable
    guard !runnable.isEmpty else { return [trace] }
    return runnable.flatMap { orders(after: trace + [$0]) }
  }

  /// What two orders have in common if they differ in neighbours without conflict only: for each
  /// pair of conflicting steps which came first.
  func kind(of order: [Int]) -> [[Int]] {
    var next = Array(repeating: 0, count: actions.count)
    var steps: [(step: Step, name: Int)] = []
    for cpu in order {
      steps.append((actions[cpu][next[cpu]].step(cpu), cpu * 1_000 + next[cpu]))
      next[cpu] += 1
    }
    var pairs: [[Int]] = []
    for later in steps.indices {
      for earlier in 0..<later where steps[earlier].step.conflicts(with: steps[later].step) {
        pairs.append([steps[earlier].name, steps[later].name])
      }
    }
    return pairs.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// How often another CPU went on although the one before could have.
  func preemptions(in order: [Int]) -> Int {
    order.indices.dropFirst().count { index in
      order[index] != order[index - 1]
        && state(after: Array(order[..<index])).runnable.contains(order[index - 1])
    }
  }

  /// Two or three CPUs of up to three steps on two resources.
  static func drawn(from source: inout ChoiceSource) -> FootprintSystem {
    let cpus = source.choose(2...3)
    return FootprintSystem(
      (0..<cpus).map { _ in
        (0..<source.choose(1...3)).map { _ in
          let resource = UInt32(source.choose(0...1))
          return source.chance(1, in: 2) ? .read(resource) : .write(resource)
        }
      })
  }
}
