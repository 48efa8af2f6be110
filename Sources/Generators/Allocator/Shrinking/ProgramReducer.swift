import IOVA

/// Removes from a failing program whatever it can, one or two things at a time, until nothing can
/// go: commands, CPUs, settings, and units of numbers.
///
/// It knows neither how a program is run nor what counts as the same failure.
package struct ProgramReducer {
  /// How hard to look for a way in which a program fails.
  package enum Effort: Hashable {
    /// Under the schedule of the present failure.
    case replay
    /// In other interleavings as well.
    case search
  }

  /// The simplest program so far.
  package private(set) var program: Program
  /// Programs that were tried and do not fail.
  package private(set) var checks = 0

  /// Asked before each program.
  package var isOver: () -> Bool = { false }
  private let fails: (Program, Effort) -> Program?
  /// Programs that do not fail in any interleaving tried, and those that do not fail as the present
  /// one does.
  private var searched: Set<Program> = []
  private var replayed: Set<Program> = []

  /// Above this many commands or numbers, pairs of them are not tried, since there are too many.
  private static let mostPaired = 12
  /// A smaller program makes fewer requests for memory before the one that has to fail: how many
  /// fewer are tried.
  private static let mostFewerRequests = 40

  /// - Parameter fails: runs a legal program, and returns it as it is to be kept; nil if it does
  ///   not fail.
  package init(_ program: Program, fails: @escaping (Program, Effort) -> Program?) {
    self.program = program
    self.fails = fails
  }

  /// Tries everything until nothing more can go; returns whether anything could.
  @discardableResult
  package mutating func reduce() -> Bool {
    let start = program
    while !isOver() {
      let before = program
      dropCommands()
      dropCPUs()
      simplify()
      lowerNumbers()
      if program == before { dropPairs() }
      if program == before { break }
    }
    return program != start
  }

  // MARK: A program

  @discardableResult
  private mutating func attempt(_ candidate: Program?, _ effort: Effort) -> Bool {
    guard let candidate = candidate?.renumbered, candidate != program, candidate.isLegal,
      !isOver()
    else { return false }
    if let found = check(candidate, effort) {
      program = found
      replayed.removeAll(keepingCapacity: true)
      return true
    }
    guard candidate.commands.count < program.commands.count,
      let number = candidate.settings.refusedRequest
    else { return false }
    for fewer in 1...Self.mostFewerRequests where fewer < number && !isOver() {
      var earlier = candidate
      earlier.settings.refusedRequest = number - fewer
      guard let found = check(earlier, .replay) else { continue }
      program = found
      replayed.removeAll(keepingCapacity: true)
      return true
    }
    return false
  }

  private mutating func check(_ candidate: Program, _ effort: Effort) -> Program? {
    if searched.contains(candidate) || effort == .replay && replayed.contains(candidate) {
      return nil
    }
    if let found = fails(candidate, effort) { return found }
    checks += 1
    if effort == .search { searched.insert(candidate) } else { replayed.insert(candidate) }
    return nil
  }

  // MARK: What can go

  private mutating func dropCommands() {
    // Commands that use an undefined handle are skipped.
    attempt(program.without([]), .search)
    var last = program.commands.count - 1
    while last >= 0 {
      attempt(program.without([last]), .search)
      last = min(last, program.commands.count) - 1
    }
  }

  private mutating func dropCPUs() {
    var cpu = program.settings.cpus - 1
    while cpu >= 0, program.settings.cpus > 1 {
      for other in (0..<program.settings.cpus) where other != cpu {
        if attempt(program.without(cpu, instead: other), .search) { break }
      }
      cpu = min(cpu, program.settings.cpus) - 1
    }
  }

  private mutating func simplify() {
    var isTrying = true
    while isTrying {
      isTrying = program.simplified.contains { attempt($0, .search) }
    }
  }

  private mutating func lowerNumbers() {
    for number in program.numbers.reversed() { lower([number], .search) }
    for index in program.commands.indices where program.commands[index].numbers.count == 2 {
      lower([.command(index, 0), .command(index, 1)], .search)
    }
  }

  /// Lowers some numbers by the same amount: all the way, by halves of that, and by one.
  private mutating func lower(_ numbers: [ProgramNumber], _ effort: Effort) {
    // A program that has changed may no longer have some of them.
    guard Set(numbers).isSubset(of: program.numbers) else { return }
    var step = program.room(below: numbers)
    while step > 0, !isOver() {
      if attempt(program.lowering(numbers, by: step), step == 1 ? effort : .replay) {
        let room = program.room(below: numbers)
        step = step > room / 2 ? room : 2 * step
      } else {
        step /= 2
      }
    }
  }

  /// Removes two things together, neither of which can go alone.
  private mutating func dropPairs() {
    let numbers = program.numbers.filter { program.room(below: [$0]) > 0 }
    if numbers.count <= Self.mostPaired {
      for (place, first) in numbers.enumerated() {
        for second in numbers[(place + 1)...] { lower([first, second], .replay) }
      }
    }
    let count = program.commands.count
    guard count <= Self.mostPaired else { return }
    for later in (0..<count).reversed() {
      for earlier in 0..<later where attempt(program.without([earlier, later]), .replay) {
        return
      }
    }
    for cpu in 0..<program.settings.cpus where program.settings.cpus > 1 {
      for other in 0..<program.settings.cpus where other != cpu {
        let merged = program.without(cpu, instead: other)
        for index in 0..<count where attempt(merged.without([index]), .search) { return }
      }
    }
  }
}
