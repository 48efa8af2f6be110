import IOVA

/// A pass over when commands begin.
extension ProgramSearch {
  /// The most parts into which a program is cut; more would cost more than dropping single commands
  /// of the rest.
  private static let mostParts = 16

  /// Drops everything that began in a span of time, on any CPU: half of the commands, then a
  /// quarter, down to a sixteenth, the last first.
  ///
  /// Most of a long program only precedes what fails, or follows after something was lost that is
  /// missed at the end.
  func dropSpans() {
    var parts = 2
    while parts <= Self.mostParts, !isOver {
      let size = max(1, best.program.commands.count / parts)
      var end = best.program.commands.count
      while end > 0, !isOver {
        let begin = max(0, end - size)
        dropSpan(begin..<end)
        end = min(begin, best.program.commands.count)
      }
      parts *= 2
    }
  }

  /// - Parameter span: numbers of commands in the order in which they begin.
  private func dropSpan(_ span: Range<Int>) {
    let program = best.program
    let prefix = program.prefixCount
    var isDropped = Array(repeating: false, count: program.commands.count)
    for position in ProgramOrder(program, best.trace).positions[span] {
      isDropped[position] = true
    }
    var lanes = Array(repeating: [Bool](), count: program.settings.cpus)
    for (position, command) in program.commands.enumerated() where position >= prefix {
      lanes[command.cpu.index].append(isDropped[position])
    }
    var shorter = program
    shorter.commands = []
    for (position, command) in program.commands.enumerated() where !isDropped[position] {
      shorter.commands.append(command)
    }
    shorter.inOrder = prefix - isDropped.prefix(prefix).count { $0 }
    attempt(shorter) { step in
      guard lanes.indices.contains(step.cpu), lanes[step.cpu].indices.contains(step.command) else {
        return step.cpu
      }
      return lanes[step.cpu][step.command] ? nil : step.cpu
    }
  }
}
