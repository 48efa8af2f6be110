import IOVA

/// Passes over where commands run, and when.
extension ProgramSearch {
  /// Numbers CPUs in the order in which they first act, and leaves out those that never do.
  func numberCPUs() {
    let program = best.program
    let cpus = program.settings.cpus
    let named = program.namedCPUs
    var order: [Int] = []
    for step in best.trace.steps where named.contains(step.cpu) && !order.contains(step.cpu) {
      order.append(step.cpu)
    }
    order += (0..<cpus).filter { named.contains($0) && !order.contains($0) }
    if order.isEmpty { order = [0] }
    // CPU 0 ends the program and stays plugged in, so its number may matter.
    let fixed = [0] + order.filter { $0 != 0 }
    for order in order == fixed ? [order] : [order, fixed] {
      for count in order.count == cpus ? [cpus] : [order.count, cpus] {
        if rename(order, cpus: count) { return }
      }
    }
  }

  /// - Parameter order: The CPUs in the order of their new numbers; the first one takes over what
  ///   others run in order, unless there are still that many.
  private func rename(_ order: [Int], cpus: Int) -> Bool {
    let program = best.program
    let old = program.settings.cpus
    var numbers: [Int: Int] = [:]
    for (number, cpu) in order.enumerated() { numbers[cpu] = number }
    for cpu in 0..<old where numbers[cpu] == nil && numbers.count < cpus {
      numbers[cpu] = numbers.count
    }
    if cpus == old, numbers.allSatisfy({ $0.key == $0.value }) { return false }
    return attemptMoving(program.renamingCPUs({ numbers[$0] ?? 0 }, cpus: cpus)) { step in
      step.cpu == old ? cpus : numbers[step.cpu]
    }
  }

  /// Moves all commands of a CPU to another one.
  func mergeCPUs() {
    let cpus = best.program.settings.cpus
    for cpu in (0..<cpus).reversed() where !best.program.lane(of: cpu).isEmpty {
      for other in 0..<cpus where other != cpu {
        var program = best.program
        for index in program.commands.indices where program.commands[index].cpu == CPU(cpu) {
          program.commands[index].cpu = CPU(other)
        }
        let isMerged = attemptMoving(program) { step in
          if step.cpu == cpu { return step.command < 0 ? nil : other }
          return step.cpu
        }
        if isMerged { break }
      }
    }
  }

  /// Lists commands in the order in which they begin.
  func sortCommands() {
    let order = ProgramOrder(best.program, best.trace)
    guard order.inversions > 0 else { return }
    var program = best.program
    program.commands = order.positions.map { best.program.commands[$0] }
    program.inOrder = best.program.prefixCount
    attempt(program) { $0.cpu }
  }

  /// Moves the first command of a CPU to those that run in order, before all CPUs start.
  func moveIntoPrefix() {
    for cpu in 0..<best.program.settings.cpus where best.program.lane(of: cpu).count > 1 {
      moveLane(cpu)
    }
    var index = best.program.prefixCount
    while index < best.program.commands.count, !isOver {
      let commands = best.program.commands
      let prefix = best.program.prefixCount
      let cpu = commands[index].cpu
      let isFirst = !commands[prefix..<index].contains { $0.cpu == cpu }
      if isFirst, move(index, into: prefix) {
        index = best.program.prefixCount
      } else {
        index += 1
      }
    }
    allocateFirst()
    runPrefixOnFirstCPU()
  }

  /// Moves commands that define something to the front of those that run in order, so that none
  /// gets what another command gave back; directly to the first CPU, since it may matter which one
  /// that is.
  private func allocateFirst() {
    guard best.program.lateResults > 0 else { return }
    var program = best.program
    let prefix = program.commands.prefix(program.prefixCount)
    let rank = { (command: Command) in command.isReservation ? 0 : command.results.isEmpty ? 2 : 1 }
    let sorted = (0...2).flatMap { number in prefix.filter { rank($0) == number } }
    program.commands.replaceSubrange(..<prefix.endIndex, with: sorted)
    program.inOrder = prefix.count
    if attempt(program, { $0.cpu }) { return }
    for index in prefix.indices { program.commands[index].cpu = CPU(0) }
    attempt(program) { $0.cpu }
  }

  private func moveLane(_ cpu: Int) {
    var program = best.program
    let prefix = program.commands.prefix(program.prefixCount)
    let lane = program.lane(of: cpu)
    let others = program.commands.dropFirst(prefix.count).filter { $0.cpu.index != cpu }
    program.commands = prefix + lane + others
    program.inOrder = prefix.count + lane.count
    attempt(program) { step in
      step.cpu == cpu && lane.indices.contains(step.command) ? nil : step.cpu
    }
  }

  private func move(_ index: Int, into prefix: Int) -> Bool {
    var program = best.program
    let command = program.commands.remove(at: index)
    program.commands.insert(command, at: prefix)
    program.inOrder = prefix + 1
    return attempt(program) { step in
      step.cpu == command.cpu.index && step.command == 0 ? nil : step.cpu
    }
  }

  /// Moves what runs in order to the first CPU, all of it or command by command.
  private func runPrefixOnFirstCPU() {
    let prefix = best.program.prefixCount
    let elsewhere = (0..<prefix).filter { best.program.commands[$0].cpu != CPU(0) }
    guard !elsewhere.isEmpty else { return }
    var program = best.program
    for index in elsewhere { program.commands[index].cpu = CPU(0) }
    if attempt(program, { $0.cpu }) || elsewhere.count == 1 { return }
    for index in elsewhere {
      var program = best.program
      program.commands[index].cpu = CPU(0)
      attempt(program) { $0.cpu }
    }
  }

  /// Moves single commands to other CPUs, together with the steps that they take.
  func moveToOtherCPUs() {
    var index = best.program.prefixCount
    while index < best.program.commands.count, !isOver {
      let program = best.program
      let cpu = program.commands[index].cpu
      let lane = program.commands[program.prefixCount..<index].count { $0.cpu == cpu }
      for other in 0..<program.settings.cpus where other != cpu.index {
        var moved = program
        moved.commands[index].cpu = CPU(other)
        let isMoved = attempt(moved) { step in
          step.cpu == cpu.index && step.command == lane ? other : step.cpu
        }
        if isMoved { break }
      }
      index += 1
    }
  }

  /// Has each turn end as soon as it can, so that what is left before a switch matters.
  func shortenTurns() {
    var index = 0
    while index < best.trace.schedule.segments.count - 1, !isOver {
      var (low, high) = (1, best.trace.schedule.segments[index].steps)
      while low < high, !isOver {
        let middle = (low + high) / 2
        if shorten(index, to: middle) { high = middle } else { low = middle + 1 }
      }
      index += 1
    }
  }

  /// What a turn no longer does, the next turn of the same actor does; if there is none, nobody
  /// does.
  private func shorten(_ index: Int, to steps: Int) -> Bool {
    var segments = best.trace.schedule.segments
    guard index < segments.count, steps < segments[index].steps else { return true }
    let cpu = segments[index].cpu
    if let later = segments[(index + 1)...].firstIndex(where: { $0.cpu == cpu }) {
      segments[later].steps += segments[index].steps - steps
    }
    segments[index].steps = steps
    return attempt(best.program, .schedule(Schedule(segments)))
  }
}
