import IOVA

/// What is left of a program when one thing is removed.
extension Program {
  /// Without some commands, and without those that need what they defined.
  func without(_ positions: Set<Int>) -> Program {
    var kept = commands.indices.filter { !positions.contains($0) }
    while true {
      let made = Set(kept.flatMap { commands[$0].results })
      let rest = kept.filter { commands[$0].needs.allSatisfy(made.contains) }
      if rest.count == kept.count { break }
      kept = rest
    }
    let prefix = prefixCount
    var program = self
    program.commands = kept.map { commands[$0] }
    program.inOrder = kept.count { $0 < prefix }
    return program
  }

  /// Without a CPU, whose commands another one runs.
  func without(_ cpu: Int, instead other: Int) -> Program {
    renamingCPUs(
      { number in
        let number = number == cpu ? other : number
        return number > cpu ? number - 1 : number
      }, cpus: settings.cpus - 1)
  }

  /// With one setting, or one flag of a command, at its simplest; a different one in each program.
  var simplified: [Program] {
    simplerSettings + simplerDevices
      + commands.indices.flatMap { index in
        commands[index].simplified.map { command in
          var program = self
          program.commands[index] = command
          return program
        }
      }
  }

  private var simplerSettings: [Program] {
    let changes: [(inout ProgramSettings) -> Void] = [
      { $0.endsBusy = false }, { $0.initialCredit = nil }, { $0.refusedRequest = nil },
      { $0.flushQueue = nil }, { $0.defersFromStart = true }, { $0.flushQueue?.mode = .perCPU },
      { $0.dma = nil }, { $0.dma?.attachesLate = false }, { $0.dma?.isCoherent = true },
      { $0.dma?.isBuffered = false }, { $0.dma?.isExtended = false },
      { $0.dma?.hasHighTables = false }, { $0.dma?.hasDMAZone = false },
      { $0.dma?.debugsSlabs = false },
      { $0.dma?.strategy = .slab }, { $0.dma?.shadow = nil },
    ]
    return changes.compactMap(changed)
  }

  private var simplerDevices: [Program] {
    let devices = settings.dma?.devices.indices ?? 0..<0
    let changes: [(inout DMADevice) -> Void] = [
      { ($0.mask, $0.part) = (nil, 0) }, { $0.part = 0 }, { $0.coherentMask = nil },
      { $0.isPCI = false },
      { $0.forcesWideAddresses = false },
      { $0.isISM = false },
    ]
    let plain = devices.flatMap { index in
      changes.compactMap { change in changed { change(&$0.dma!.devices[index]) } }
    }
    return devices.count > 1 ? devices.map(withoutDevice) + plain : plain
  }

  private func changed(_ body: (inout ProgramSettings) -> Void) -> Program? {
    var program = self
    body(&program.settings)
    return program == self ? nil : program
  }

  /// Without a device, and without the commands that concern it.
  private func withoutDevice(_ index: Int) -> Program {
    var program = without(Set(commands.indices.filter { commands[$0].device == index }))
    program.settings.dma?.devices.remove(at: index)
    for position in program.commands.indices {
      guard let device = program.commands[position].device, device > index else { continue }
      program.commands[position].device = device - 1
    }
    return program
  }
}

extension Command {
  /// Handles that need a meaning before the command can do anything.
  fileprivate var needs: [Handle] {
    let results = results
    return handles.filter { !results.contains($0) }
  }

  /// With one flag off, a different one in each command.
  fileprivate var simplified: [Command] {
    var actions: [Command.Action] = []
    switch action {
    case .allocate(let handle, let pages, let limit, true):
      actions = [.allocate(handle, pages: pages, limit: limit, aligned: false)]
    case .allocateFast(let handle, let pages, let limit, true):
      actions = [.allocateFast(handle, pages: pages, limit: limit, flush: false)]
    case .map(let handle, let pages, let access, let device, let shifted, let sleeps):
      func map(_ access: Protection, shifted: Bool, sleeps: Bool) -> Command.Action {
        .map(handle, pages: pages, access, device: device, shifted: shifted, sleeps: sleeps)
      }
      if access != .readWrite {
        actions.append(map(.readWrite, shifted: shifted, sleeps: sleeps))
      }
      if shifted { actions.append(map(access, shifted: false, sleeps: sleeps)) }
      if sleeps { actions.append(map(access, shifted: shifted, sleeps: false)) }
    default: break
    }
    let plain = actions.map { Command($0, on: cpu, isStarved: isStarved) }
    return isStarved ? [Command(action, on: cpu)] + plain : plain
  }

  /// The device that it concerns; nil if none.
  var device: Int? {
    get {
      switch action {
      case .map(_, _, _, let device, _, _), .allocateCoherent(_, _, let device),
        .attach(let device), .setMask(_, let device, _):
        device
      default: nil
      }
    }
    set {
      guard let device = newValue else { return }
      switch action {
      case .map(let handle, let pages, let access, _, let shifted, let sleeps):
        action = .map(
          handle, pages: pages, access, device: device, shifted: shifted, sleeps: sleeps)
      case .attach: action = .attach(device: device)
      case .allocateCoherent(let handle, let pages, _):
        action = .allocateCoherent(handle, pages: pages, device: device)
      case .setMask(let mask, _, let kind): action = .setMask(mask, device: device, kind)
      default: break
      }
    }
  }
}
