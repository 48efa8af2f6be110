import Generators
import IOVA

/// All programs of a given number of commands, to prove that none of them fails.
///
/// On two CPUs, or one if that runs all, with magazines of one entry. What runs in order comes
/// first, on the first CPU, then what each CPU runs; the order of CPUs does not matter. Commands
/// ask for one page of few. A free that could only find nothing is left out, since the program
/// without it is as good.
struct SmallPrograms {
  /// The kinds of commands.
  enum Kind: CaseIterable {
    case allocate, free, freeShared, allocateFast, freeFast, split
    case advance, flushFirst, flushSecond, flushDepots, unplug
  }

  let faults: FaultSet
  let count: Int
  var kinds = Kind.allCases
  /// Whether domains are torn down while workers are due, or emptied first, or both.
  var endings = [false, true]
  /// Whether only programs without lanes are wanted.
  var isInOrder = false
  /// How many pages there are.
  var pages: UInt64 = 3

  private var settings: ProgramSettings {
    var settings = ProgramSettings()
    settings.faults = faults
    settings.cpus = 2
    settings.magazineCapacity = 1
    settings.boundary = 1
    settings.depotBound = 1
    return settings
  }

  /// Calls `body` with each legal program.
  ///
  /// - Parameter body: Whether to go on.
  func visit(_ body: (Program) -> Bool) {
    for inOrder in (isInOrder ? count : 0)...count {
      for onFirst in 0...(count - inOrder) {
        let places = (0..<count).map { $0 < inOrder + onFirst ? CPU(0) : CPU(1) }
        if !add(to: [], places, inOrder, body) { return }
      }
    }
  }

  private func add(
    to kinds: [Kind], _ places: [CPU], _ inOrder: Int, _ body: (Program) -> Bool
  ) -> Bool {
    guard kinds.count == count else {
      return self.kinds.allSatisfy { add(to: kinds + [$0], places, inOrder, body) }
    }
    return name(kinds, places, inOrder, [], body)
  }

  /// Chooses the range of each command that frees one, among those allocated in the matching way.
  private func name(
    _ kinds: [Kind], _ places: [CPU], _ inOrder: Int, _ chosen: [Int], _ body: (Program) -> Bool
  ) -> Bool {
    let position = chosen.count
    if position == count { return finish(kinds, places, inOrder, chosen, body) }
    let made: Kind? =
      switch kinds[position] {
      case .free, .freeShared, .split: .allocate
      case .freeFast: .allocateFast
      default: nil
      }
    guard let made else { return name(kinds, places, inOrder, chosen + [0], body) }
    for (index, kind) in kinds.enumerated() where kind == made {
      let comesLater = position < inOrder || places[index] == places[position]
      if index > position, comesLater { continue }
      if frees(index, kinds, chosen), kinds[position].takesHandle { continue }
      if !name(kinds, places, inOrder, chosen + [index], body) { return false }
    }
    return true
  }

  /// Whether an earlier command frees the range of another one, so that nothing is left to free.
  private func frees(_ index: Int, _ kinds: [Kind], _ chosen: [Int]) -> Bool {
    chosen.indices.contains { chosen[$0] == index && kinds[$0].takesHandle }
  }

  private func finish(
    _ kinds: [Kind], _ places: [CPU], _ inOrder: Int, _ chosen: [Int],
    _ body: (Program) -> Bool
  ) -> Bool {
    var program = Program(settings, [])
    program.commands = kinds.indices.map { index in
      Command(action(kinds[index], index, Handle(chosen[index])), on: places[index])
    }
    program.inOrder = inOrder
    program = program.renumbered
    for cpus in [1, 2] {
      program.settings.cpus = cpus
      guard program.isLegal else { continue }
      for ending in endings {
        program.settings.endsBusy = ending
        if !body(program) { return false }
      }
    }
    return true
  }

  private func action(_ kind: Kind, _ index: Int, _ handle: Handle) -> Command.Action {
    switch kind {
    case .allocate: .allocate(Handle(index), pages: 1, limit: PFN(pages), aligned: false)
    case .allocateFast: .allocateFast(Handle(index), pages: 1, limit: PFN(pages), flush: false)
    case .free: .free(handle)
    case .freeShared: .freeShared(handle)
    case .freeFast: .freeFast(handle)
    case .split: .split(handle, offset: 0, pages: 1, above: Handle(count + index))
    case .advance: .advance(milliseconds: 100)
    case .flushFirst: .flushCaches(CPU(0))
    case .flushSecond: .flushCaches(CPU(1))
    case .flushDepots: .flushDepots
    case .unplug: .unplug
    }
  }
}

extension SmallPrograms.Kind {
  /// Whether a second such command on the same range always finds it gone.
  fileprivate var takesHandle: Bool { self == .free || self == .freeFast }
}
