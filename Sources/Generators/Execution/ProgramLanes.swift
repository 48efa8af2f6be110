import IOVA

/// The commands of a program by CPU, and what a schedule has to know of them.
struct ProgramLanes {
  /// By CPU, what it runs after what runs in order.
  let commands: [[Command]]
  /// Handles that commands of several CPUs name.
  let shared: Set<Handle>
  let hasSharedHandles: Bool
  /// About as many steps as each actor will take.
  let plan: ExecutionPlan

  init(_ program: Program) {
    let cpus = program.settings.cpus
    var commands = Array(repeating: [Command](), count: cpus)
    var steps = Array(repeating: 0, count: cpus)
    var users: [Handle: CPU] = [:]
    var shared: Set<Handle> = []
    var needsWorker = program.settings.endsBusy
    for command in program.commands.dropFirst(program.prefixCount) {
      commands[command.cpu.index].append(command)
      steps[command.cpu.index] += command.usualSteps
      if case .advance = command.action { needsWorker = true }
      guard cpus > 1 else { continue }
      for handle in command.handles {
        if let user = users[handle], user != command.cpu { shared.insert(handle) }
        users[handle] = command.cpu
      }
    }
    if program.settings.endsBusy { steps[0] += 16 }
    if needsWorker { steps.append(8) }
    self.commands = commands
    self.shared = shared
    hasSharedHandles = !shared.isEmpty
    plan = ExecutionPlan(steps: steps)
  }
}

extension Command {
  /// About how many switch points the command passes.
  var usualSteps: Int {
    switch action {
    case .allocate: 3
    case .free, .freeShared, .reserve, .split: 2
    case .allocateFast: 6
    case .freeFast: 3
    case .deferFree: 8
    case .flushCaches: 36
    case .flushDepots: 12
    case .unplug: 40
    case .plug, .advance: 1
    }
  }
}
