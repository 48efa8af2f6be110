import IOVA

/// Runs one program over and over on one thread, each time as if on a fresh domain: the cost of a
/// controlled execution without its conductor.
package final class RepeatedRun {
  private let judge: Judge
  private let shelf: DomainShelf
  private let handles = HandleTable(isShared: false)

  package init(_ judge: Judge) {
    self.judge = judge
    let supervisor = judge.supervisor
    // As under a conductor: supervised actors take turns, and need no locks.
    shelf = DomainShelf(locking: supervisor == nil ? .spin : .nothing, supervisor: supervisor)
  }

  /// Runs a program `repeats` times.
  ///
  /// - Returns: whether every law held.
  package func run(_ program: Program, repeats: Int) -> Bool {
    shelf.makeRoom()
    judge.resets()
    guard let domain = shelf.take(program.settings) else { return false }
    let interpreter = Interpreter(domain: domain, handles: handles, judge: judge, program: program)
    for _ in 0..<repeats {
      guard shelf.take(program.settings) === domain else { return false }
      judge.opens(domain)
      handles.reset(count: program.handleCount)
      for command in program.commands {
        interpreter.run(command)
        if judge.isBroken { break }
      }
      judge.restsBriefly()
      let isBroken = judge.isBroken
      judge.closes(shelf.giveBack(isBroken: isBroken))
      judge.resets()
      if isBroken { return false }
    }
    return true
  }
}
