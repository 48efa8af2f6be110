import IOVA

/// Passes over where commands run, and when.
extension ProgramSearch {
  /// Numbers CPUs in the order in which they first act, and leaves out those that never do.
  func numberCPUs() {
    let program = best.program
    let cpus = program.settings.cpus
    var order: [Int] = []
    for step in best.trace.steps where step.cpu < cpus && !order.contains(step.cpu) {
      if !program.lane(of: step.cpu).isEmpty { order.append(step.cpu) }
    }
    let named = program.namedCPUs
    for cpu in 0..<cpus where named.contains(cpu) && !order.contains(cpu) { order.append(cpu) }
    // CPU 0 ends the program and stays plugged in, so that it may have to stay what it is.
    let fixed = [0] + order.filter { $0 != 0 }
    for order in [order, fixed] {
      for count in [order.count, cpus] where count <= cpus && count >= order.count {
        if rename(order, cpus: count) { return }
      }
    }
  }

  /// The CPUs in the order of their new numbers.
  private func rename(_ order: [Int], cpus: Int) -> Bool {
    let program = best.program
    let old = program.settings.cpus
    var numbers = Array(repeating: old, count: old)
    for (number, cpu) in order.enumerated() { numbers[cpu] = number }
    var next = order.count
    for cpu in 0..<old where numbers[cpu] == old {
      numbers[cpu] = next
      next += 1
    }
    if cpus == old, numbers == Array(0..<old) { return false }
    return attempt(program.renamingCPUs({ numbers[$0] }, cpus: cpus)) { step in
      if step.cpu == old { return cpus }
      return numbers[step.cpu] < cpus ? numbers[step.cpu] : nil
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
        if attempt(program, { $0.cpu == cpu ? other : $0.cpu }) { break }
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
    runPrefixOnFirstCPU()
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

  /// What runs in order runs on the first CPU, all of it or command by command.
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

  /// Moves single commands to other CPUs, the steps they take along with them.
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

  /// Has each CPU go on for as long as it can before the next one does.
  func lengthenTurns() {
    var index = 0
    while index < best.trace.schedule.segments.count, !isOver {
      let segments = best.trace.schedule.segments
      let cpu = segments[index].cpu
      if let later = segments[(index + 1)...].firstIndex(where: { $0.cpu == cpu }) {
        lengthen(index, by: later)
      }
      index += 1
    }
  }

  private func lengthen(_ index: Int, by later: Int) {
    var count = best.trace.schedule.segments[later].steps - 1
    while count > 0, !isOver {
      var segments = best.trace.schedule.segments
      guard later < segments.count else { return }
      if segments[later].steps > count {
        segments[index].steps += count
        segments[later].steps -= count
        if attempt(best.program, .schedule(Schedule(segments))) { continue }
      }
      count /= 2
    }
  }
}
