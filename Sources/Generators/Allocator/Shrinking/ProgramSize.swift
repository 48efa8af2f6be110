import IOVA

/// How simple a failing program and its schedule are: lower is simpler.
///
/// Commands count most, then switches, then what a reader has to keep in mind, and last what picks
/// one of many equal cases.
struct ProgramSize: Comparable {
  private let numbers: [Int]

  init(_ program: Program, _ trace: JointTrace) {
    let settings = program.settings
    let prefix = program.prefixCount
    var numbers = [
      program.commands.count, trace.switches, settings.cpus, settings.endsBusy ? 1 : 0,
      settings.deferral + settings.devices,
      program.commands.count - prefix, settings.initialCredit.map { $0 + 1 } ?? 0,
      settings.refusedRequest ?? 0,
      settings.configuration.revision.cache.magazineCapacity, program.lateResults,
    ]
    var (kinds, pages, limits, flags) = (0, 0, 0, 0)
    var (mostPages, highest) = (0, 0)
    for command in program.commands {
      kinds += command.weight
      flags += command.flagCount
      guard let request = command.request else { continue }
      pages += request.pages
      mostPages = max(mostPages, request.pages)
      limits += request.limit
      highest = max(highest, request.limit)
    }
    numbers.append(settings.dma?.shadow ?? 0)
    numbers += [kinds, flags, mostPages, pages]
    numbers += [Int(settings.boundary), settings.depotBound, Int(settings.start.raw)]
    numbers += [highest, limits, ProgramOrder(program, trace).inversions]
    numbers += program.commands.map(\.cpu.index)
    let segments = trace.schedule.segments
    numbers += segments.map(\.cpu)
    // An actor that runs first runs no further than it has to before others do.
    numbers += segments.map(\.steps)
    self.numbers = numbers
  }

  static func < (a: ProgramSize, b: ProgramSize) -> Bool {
    a.numbers.lexicographicallyPrecedes(b.numbers)
  }
}

extension ProgramSettings {
  /// Whether there is a flush queue that may be used, and how soon: lower is simpler.
  fileprivate var deferral: Int { flushQueue == nil ? 0 : defersFromStart ? 1 : 2 }
}

extension ProgramSettings {
  /// How much there is of devices.
  fileprivate var devices: Int {
    guard let dma else { return 0 }
    let flags = [
      !dma.isCoherent, dma.isBuffered, dma.isExtended, dma.hasHighTables, dma.hasDMAZone,
      dma.debugsSlabs,
      dma.strategy != .slab, dma.attachesLate, dma.shadow != nil,
    ]
    let own = dma.devices.flatMap {
      [
        true, $0.mask != nil, $0.coherentMask != nil, $0.part > 0, $0.isPCI,
        $0.forcesWideAddresses, $0.isISM,
      ]
    }
    return (flags + own).count { $0 }
  }
}

extension Program {
  /// How many commands that define something run in order after one that does not.
  var lateResults: Int {
    let prefix = commands.prefix(prefixCount)
    let first = prefix.firstIndex { $0.results.isEmpty && !$0.isReservation } ?? prefix.endIndex
    return prefix[first...].count { !$0.results.isEmpty }
  }
}

extension Command {
  /// What is asked for, as numbers to be made small; none is above 2^40, so that sums do not
  /// overflow.
  var request: (pages: Int, limit: Int)? {
    switch action {
    case .allocate(_, let pages, let limit, _), .allocateFast(_, let pages, let limit, _):
      (Command.bounded(pages), Command.bounded(limit.raw))
    case .split(_, let offset, let pages, _): (Command.bounded(offset + pages), 0)
    case .map(_, let pages, _, _, _, _), .allocateCoherent(_, let pages, _):
      (Command.bounded(pages), 0)
    case .access(_, let page), .mapAgain(_, let page): (Command.bounded(page + 1), 0)
    case .unmapPart(_, let page, let pages): (Command.bounded(page + pages), 0)
    case .reserve(let range): (Command.bounded(range.pages), Command.bounded(range.hi.raw))
    case .copyReserved(let first, let second):
      (
        Command.bounded(first.pages) + Command.bounded(second.pages),
        Command.bounded(max(first.hi.raw, second.hi.raw))
      )
    case .find(let pfn): (0, Command.bounded(pfn.raw))
    case .setMask(let mask, _, _): (0, Command.bounded(mask.raw))
    default: nil
    }
  }

  private static func bounded(_ number: UInt64) -> Int { Int(min(number, 1 << 40)) }

  /// Flags that are on.
  var flagCount: Int {
    let own: [Bool] =
      switch action {
      case .allocate(_, _, _, let aligned): [aligned]
      case .allocateFast(_, _, _, let flush): [flush]
      case .map(_, _, let protection, let device, let shifted, let sleeps):
        [shifted, sleeps, device > 0, protection != .readWrite]
      case .allocateCoherent(_, _, let device): [device > 0]
      default: []
      }
    return (isStarved ? 1 : 0) + own.count { $0 }
  }
}

/// The commands of a program in the order in which they begin.
struct ProgramOrder {
  /// Positions in the program; what runs in order comes first, what never begins comes last.
  let positions: [Int]

  init(_ program: Program, _ trace: JointTrace) {
    let prefix = program.prefixCount
    // A command begins in the step that ends the previous one; the worker's come last.
    var begin = Array(repeating: [Int](), count: program.settings.cpus + 1)
    for (time, step) in trace.steps.enumerated() {
      let missing = step.command + 2 - begin[step.cpu].count
      if missing > 0 { begin[step.cpu] += Array(repeating: .max, count: missing) }
      begin[step.cpu][step.command + 1] = time
    }
    var counts = Array(repeating: 0, count: program.settings.cpus)
    var keys: [(Int, Int)] = []
    for (position, command) in program.commands.enumerated() {
      var time = -1
      if position >= prefix {
        let (cpu, number) = (command.cpu.index, counts[command.cpu.index])
        counts[cpu] += 1
        time = number < begin[cpu].count ? begin[cpu][number] : .max
      }
      keys.append((time, position))
    }
    positions = keys.sorted { $0 < $1 }.map(\.1)
  }

  /// How many neighbours are out of order.
  var inversions: Int {
    zip(positions, positions.dropFirst()).reduce(0) { $0 + ($1.0 > $1.1 ? 1 : 0) }
  }
}
