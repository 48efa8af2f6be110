import IOVA

extension Program {
  /// What a CPU runs after the commands in order.
  func lane(of cpu: Int) -> [Command] {
    commands.dropFirst(prefixCount).filter { $0.cpu.index == cpu }
  }

  /// Whether an edited program is still one that the generator could have drawn: nothing runs on an
  /// unplugged CPU, what several CPUs free is not allocated meanwhile, and the fast path is called
  /// as its release requires.
  package var isLegal: Bool {
    guard sharesLawfully, misusedMapping == nil, attachesFirst else { return false }
    let prefix = prefixCount
    let reservations = commands.prefix { $0.isReservation }.count
    if commands.dropFirst(reservations).contains(where: \.isReservation) { return false }
    var offline: Set<CPU> = []
    for (index, command) in commands.enumerated() {
      guard command.cpu.index < settings.cpus else { return false }
      switch command.action {
      case .plug: offline.remove(command.cpu)
      case _ where offline.contains(command.cpu): return false
      // Of the CPUs in the part in order, only the first is known to run.
      case .unplug where index < prefix: return false
      case .unplug: offline.insert(command.cpu)
      case .allocateFast(_, let pages, _, let flush):
        let rules = settings.revision.cache
        if rules.alwaysFlushes, !flush { return false }
        if !rules.roundsSizes, pages.nonzeroBitCount > 1 { return false }
      case .flushCaches(let victim) where victim.index >= settings.cpus: return false
      default: break
      }
    }
    return true
  }

  /// Whether only devices do anything to a domain that the first of them initialises.
  private var attachesFirst: Bool {
    let isLate = settings.dma?.attachesLate ?? false
    return !isLate || !commands.contains { $0.isReservation || $0.isMapping == false }
  }

  /// A handle that is mapped but freed otherwise, or the other way round, or mapped for a device
  /// that does not exist, and the command that does so; nil if there is none.
  var misusedMapping: (command: Int, handle: Handle)? {
    guard settings.dma != nil || commands.contains(where: { $0.isMapping == true }) else {
      return nil
    }
    let devices = settings.dma?.devices.count ?? 0
    var isMapped: [Handle: Bool] = [:]
    for (index, command) in commands.enumerated() {
      guard let isMapping = command.isMapping, let handle = command.handles.first else { continue }
      if isMapping, devices == 0 { return (index, handle) }
      if !command.results.isEmpty, let device = command.device, device >= devices {
        return (index, handle)
      }
      for handle in command.handles {
        if isMapped[handle, default: isMapping] != isMapping { return (index, handle) }
        isMapped[handle] = isMapping
      }
    }
    return nil
  }

  /// The CPUs that have commands to run once all have started, or that commands name.
  var namedCPUs: Set<Int> {
    let prefix = prefixCount
    var named: Set<Int> = []
    for (index, command) in commands.enumerated() {
      if index >= prefix { named.insert(command.cpu.index) }
      if case .flushCaches(let victim) = command.action { named.insert(victim.index) }
    }
    return named
  }

  /// The same program with its CPUs renumbered.
  func renamingCPUs(_ number: (Int) -> Int, cpus: Int) -> Program {
    var program = self
    program.settings.cpus = cpus
    for index in commands.indices {
      program.commands[index].cpu = CPU(number(commands[index].cpu.index))
      if case .flushCaches(let victim) = commands[index].action {
        program.commands[index].action = .flushCaches(CPU(number(victim.index)))
      }
    }
    return program
  }
}
