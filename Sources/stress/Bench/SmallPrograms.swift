import Generators
import IOVA

/// All programs of so many commands: what proves that none of them fails.
///
/// On two CPUs with magazines of one entry. What runs in order comes first, then what each CPU
/// runs: the order in which CPUs are listed means nothing. Commands ask for one page of three.
struct SmallPrograms {
  /// What commands are made of.
  enum Kind: CaseIterable {
    case allocate, free, freeShared, allocateFast, freeFast, split
    case advance, flushFirst, flushSecond, flushDepots, unplug
  }

  let faults: FaultSet
  let count: Int
  var kinds = Kind.allCases
  /// Whether domains are torn down while workers are due, or emptied first, or both.
  var endings = [false, true]

  private static let limit = PFN(3)

  private var settings: ProgramSettings {
    var settings = ProgramSettings()
    settings.faults = faults
    settings.cpus = 2
    settings.magazineCapacity = 1
    settings.boundary = 1
    settings.depotBound = 1
    return settings
  }

  /// Calls `body` with each that is legal.
  func visit(_ body: (Program) -> Void) {
    for inOrder in 0...count {
      for onFirst in 0...(count - inOrder) {
        let places = (0..<count).map { $0 < inOrder + onFirst ? CPU(0) : CPU(1) }
        add(to: [], places, inOrder, body)
      }
    }
  }

  private func add(
    to kinds: [Kind], _ places: [CPU], _ inOrder: Int, _ body: (Program) -> Void
  ) {
    guard kinds.count == count else {
      for kind in self.kinds { add(to: kinds + [kind], places, inOrder, body) }
      return
    }
    name(kinds, places, inOrder, [], body)
  }

  /// Which range each command frees is one choice among those of its way to allocate.
  private func name(
    _ kinds: [Kind], _ places: [CPU], _ inOrder: Int, _ chosen: [Int], _ body: (Program) -> Void
  ) {
    if chosen.count == count {
      return finish(kinds, places, inOrder, chosen, body)
    }
    let made: Kind? =
      switch kinds[chosen.count] {
      case .free, .freeShared, .split: .allocate
      case .freeFast: .allocateFast
      default: nil
      }
    guard let made else { return name(kinds, places, inOrder, chosen + [0], body) }
    for (index, kind) in kinds.enumerated() where kind == made {
      name(kinds, places, inOrder, chosen + [index], body)
    }
  }

  private func finish(
    _ kinds: [Kind], _ places: [CPU], _ inOrder: Int, _ chosen: [Int], _ body: (Program) -> Void
  ) {
    var program = Program(settings, [])
    program.commands = kinds.indices.map { index in
      Command(action(kinds[index], index, Handle(chosen[index])), on: places[index])
    }
    program.inOrder = inOrder
    program = program.renumbered
    guard program.isLegal else { return }
    for ending in endings {
      program.settings.endsBusy = ending
      body(program)
    }
  }

  private func action(_ kind: Kind, _ index: Int, _ handle: Handle) -> Command.Action {
    switch kind {
    case .allocate: .allocate(Handle(index), pages: 1, limit: Self.limit, aligned: false)
    case .allocateFast: .allocateFast(Handle(index), pages: 1, limit: Self.limit, flush: false)
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
