/// Runs toy programs step by step, without threads: what exploration costs when all else is free.
///
/// A failing execution goes on to its end, so that what is compared is always a whole one.
public struct StepSystem: Sendable {
  /// The program that is run.
  public let program: ToyProgram
  /// How many steps each CPU takes; exact, for nothing blocks.
  public let plan: ExecutionPlan
  /// Who took the steps of the latest execution, in order.
  public private(set) var trace: [Int] = []
  /// Whether the policy left out the end of the latest execution.
  public private(set) var wasCutOff = false
  /// Steps of all executions.
  public private(set) var steps: UInt64 = 0

  /// The steps of all CPUs, those of CPU 0 first.
  private let actions: [ToyStep]
  private let footprints: [Step]
  /// The number of the command, within its CPU, that a step belongs to.
  private let owners: [Int]
  /// By CPU: where its steps begin; one more entry for the end.
  private let starts: [Int]

  private var positions: [Int] = []
  private var pending: [Step] = []
  private var x = false
  private var y = false
  private var taken: UInt8 = 0
  /// By CPU: the slots it holds.
  private var held: [UInt8] = []
  /// By CPU: the slot it found last, as a bit; 0 for none.
  private var found: [UInt8] = []
  private var failure: ToyFailure?

  /// The lock of all; private noise has lock 1 + CPU.
  private static let lock = Resource(0)

  /// A system that runs `program`.
  public init(_ program: ToyProgram) {
    self.program = program
    var actions: [ToyStep] = []
    var footprints: [Step] = []
    var owners: [Int] = []
    var starts = [0]
    for (cpu, commands) in program.commands.enumerated() {
      for (number, command) in commands.enumerated() {
        for part in command.parts {
          let isPrivate = program.hasPrivateNoise && part == .noise
          actions.append(part)
          footprints.append(
            Step(
              cpu: cpu, resource: isPrivate ? Resource(UInt32(1 + cpu)) : Self.lock,
              writes: true))
          owners.append(number)
        }
      }
      starts.append(actions.count)
    }
    self.actions = actions
    self.footprints = footprints
    self.owners = owners
    self.starts = starts
    plan = ExecutionPlan(steps: (1..<starts.count).map { starts[$0] - starts[$0 - 1] })
    trace.reserveCapacity(actions.count)
  }

  /// Runs the program once; returns how it first failed.
  public mutating func run<Policy: Scheduler>(
    _ policy: inout Policy, drawing source: inout ChoiceSource
  ) -> ToyFailure? {
    var runnable = reset()
    policy.begin(plan, drawing: &source)
    var current: Int?
    while !runnable.isEmpty {
      let chosen = policy.next(
        of: runnable, after: current, pending: pending.span, drawing: &source)
      guard let cpu = chosen else {
        wasCutOff = true
        break
      }
      let position = positions[cpu]
      take(actions[position], cpu)
      trace.append(cpu)
      policy.ran(footprints[position])
      positions[cpu] = position + 1
      if position + 1 < starts[cpu + 1] {
        pending[cpu] = footprints[position + 1]
      } else {
        runnable.remove(cpu)
      }
      current = cpu
    }
    steps &+= UInt64(trace.count)
    return failure
  }

  /// Adds the latest execution to a trace that speaks of commands.
  /// - Parameter names: By CPU, the numbers its commands are to go by.
  public func record(_ trace: inout JointTrace, names: [[Int]]) {
    var next = starts
    for cpu in self.trace {
      trace.append(cpu: cpu, command: names[cpu][owners[next[cpu]]])
      next[cpu] += 1
    }
  }

  private mutating func reset() -> CPUSet {
    let cpus = plan.cpus
    positions.removeAll(keepingCapacity: true)
    positions.append(contentsOf: starts[..<cpus])
    pending.removeAll(keepingCapacity: true)
    held.removeAll(keepingCapacity: true)
    held.append(contentsOf: repeatElement(0, count: cpus))
    found.removeAll(keepingCapacity: true)
    found.append(contentsOf: repeatElement(0, count: cpus))
    trace.removeAll(keepingCapacity: true)
    (x, y, taken, failure, wasCutOff) = (false, false, 0, nil, false)
    var runnable = CPUSet()
    for cpu in 0..<cpus {
      let hasSteps = starts[cpu] < starts[cpu + 1]
      if hasSteps { runnable.insert(cpu) }
      pending.append(
        hasSteps ? footprints[starts[cpu]] : Step(cpu: cpu, resource: .none, writes: false))
    }
    return runnable
  }

  private mutating func take(_ action: ToyStep, _ cpu: Int) {
    switch action {
    case .noise: break
    case .setX: x = true
    case .clearX: x = false
    case .setYIfX: if x { y = true }
    case .clearY: y = false
    case .check: if y { fail(.chain) }
    case .findAndTake:
      find(cpu)
      take(cpu)
    case .find: find(cpu)
    case .take: take(cpu)
    case .free:
      let slot = held[cpu] & (0 &- held[cpu])
      held[cpu] &= ~slot
      taken &= ~slot
    }
  }

  private mutating func find(_ cpu: Int) {
    found[cpu] = ~taken & (taken &+ 1)
  }

  private mutating func take(_ cpu: Int) {
    if taken & found[cpu] != 0 { fail(.takenTwice) }
    taken |= found[cpu]
    held[cpu] |= found[cpu]
    found[cpu] = 0
  }

  private mutating func fail(_ kind: ToyFailure) {
    if failure == nil { failure = kind }
  }
}
