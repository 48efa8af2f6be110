import IOVA

/// The commands of a program by CPU, and what a schedule has to know about them.
struct ProgramLanes {
  /// For each CPU, what it runs after the commands in order.
  let commands: [[Command]]
  /// Handles that commands of several CPUs name.
  let shared: Set<Handle>
  let hasSharedHandles: Bool
  /// Whether the first CPU ends with teardown.
  let endsBusy: Bool
  /// The approximate number of steps of each actor.
  let plan: ExecutionPlan
  /// The windows at which nobody needs to be stopped.
  let idleWindows: WindowSet
  /// Events that are preceded by a switch point.
  let exposed: ExposedEvents

  init(_ program: Program) {
    let cpus = program.settings.cpus
    var commands = Array(repeating: [Command](), count: cpus)
    var steps = Array(repeating: 0, count: cpus)
    var users: [Handle: CPU] = [:]
    var shared: Set<Handle> = []
    var needsWorker = program.settings.endsBusy
    let idleWindows = WindowSet(idleIn: program)
    exposed = ExposedEvents(program.settings.faults)
    for command in program.commands.dropFirst(program.prefixCount) {
      commands[command.cpu.index].append(command)
      steps[command.cpu.index] += command.usualSteps(idleWindows)
      if !exposed.isEmpty { steps[command.cpu.index] += 1 }
      if case .advance = command.action { needsWorker = true }
      guard cpus > 1 else { continue }
      for handle in command.handles {
        if let user = users[handle], user != command.cpu { shared.insert(handle) }
        users[handle] = command.cpu
      }
    }
    endsBusy = program.settings.endsBusy
    if endsBusy { steps[0] += 16 }
    if needsWorker { steps.append(8) }
    self.commands = commands
    self.shared = shared
    self.idleWindows = idleWindows
    hasSharedHandles = !shared.isEmpty
    plan = ExecutionPlan(steps: steps)
  }
}

/// A set of windows of a machine, one bit each.
struct WindowSet: Hashable {
  private var bits: UInt32 = 0

  /// No window.
  init() {}

  /// The windows of a program after which, up to the next switch point, nothing happens that others
  /// could notice: stopping there is the same as stopping at the next point.
  ///
  /// Memory is granted to all as long as none is starved, a CPU that was sampled takes the lock of
  /// its own cache or ring next, and what nobody changes can be read at any time. Faults may put
  /// anything in between.
  init(idleIn program: Program) {
    guard program.settings.faults == .none else { return }
    let settings = program.settings
    if settings.initialCredit == nil, settings.refusedRequest == nil,
      !program.commands.contains(where: \.isStarved)
    {
      insert(.memoryAsked)
    }
    if !program.commands.contains(where: { $0.action == .unplug }) { insert(.cpuSampled) }
    if !program.commands.contains(where: \.changesMode) { insert(.modeRead) }
    if !program.commands.contains(where: \.setsMask) { insert(.maskRead) }
  }

  @inline(__always)
  func contains(_ window: Window) -> Bool { bits &>> UInt32(window.rawValue) & 1 == 1 }

  private mutating func insert(_ window: Window) { bits |= 1 << UInt32(window.rawValue) }
}
