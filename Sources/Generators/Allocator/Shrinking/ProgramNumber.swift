import IOVA

/// A number of a program: what a command asks for, or a setting. Lower is simpler.
enum ProgramNumber: Hashable {
  /// Of a command, by its position and the position of its number.
  case command(Int, Int)
  case start, boundary, magazine, depot, credit, refused
  /// The exponent of the number of slots of a flush ring.
  case slots
  case timeout, inputBits, shadow
  /// Of a device.
  case mask(Int)
  case part(Int)

  /// The lowest value that it can have.
  fileprivate func least(in program: Program) -> UInt64 {
    switch self {
    case .command(let index, let number): program.commands[index].leastNumbers[number]
    case .start, .boundary, .magazine, .depot, .refused, .slots, .timeout: 1
    case .inputBits: UInt64(DMASettings.leastInputBits)
    case .credit, .mask, .shadow: 0
    case .part: 1
    }
  }
}

extension Program {
  /// All its numbers, those of the commands first.
  var numbers: [ProgramNumber] {
    let asked = commands.indices.flatMap { index in
      commands[index].numbers.indices.map { ProgramNumber.command(index, $0) }
    }
    let settings: [ProgramNumber] = [
      .start, .boundary, .magazine, .depot, .credit, .refused, .slots, .timeout, .inputBits,
      .shadow,
    ]
    let masks = (self.settings.dma?.devices ?? []).indices.flatMap {
      [ProgramNumber.mask($0), .part($0)]
    }
    return asked + (settings + masks).filter { self[$0] != nil }
  }

  /// A number; nil if the program does not have it.
  subscript(number: ProgramNumber) -> UInt64? {
    switch number {
    case .command(let index, let place): commands[index].numbers[place]
    case .start: settings.start.raw
    case .boundary: settings.boundary
    case .magazine: UInt64(settings.configuration.revision.cache.magazineCapacity)
    case .depot: UInt64(settings.depotBound)
    case .credit: settings.initialCredit.map(UInt64.init)
    case .refused: settings.refusedRequest.map(UInt64.init)
    case .slots: settings.flushQueue.map { UInt64($0.slots.trailingZeroBitCount) }
    case .timeout: settings.flushQueue?.timeout
    case .inputBits: settings.dma.map { UInt64($0.inputBits) }
    case .shadow: settings.dma?.shadow.map(UInt64.init)
    case .mask(let device): settings.dma?.devices[device].mask?.raw
    case .part(let device):
      settings.dma.flatMap { $0.devices[device].part > 0 ? $0.devices[device].part : nil }
    }
  }

  /// How far some numbers can be lowered together.
  func room(below numbers: [ProgramNumber]) -> UInt64 {
    numbers.map { number in
      let (value, least) = (self[number] ?? 0, number.least(in: self))
      return value > least ? value - least : 0
    }.min() ?? 0
  }

  /// The program with some numbers lowered by `step` each; nil if that is impossible.
  ///
  /// - Parameter step: at most their room.
  func lowering(_ numbers: [ProgramNumber], by step: UInt64) -> Program? {
    var program = self
    for number in numbers {
      guard let value = program[number], program.set(number, to: value - step) else { return nil }
    }
    return program
  }

  private mutating func set(_ number: ProgramNumber, to value: UInt64) -> Bool {
    switch number {
    case .command(let index, let place):
      var numbers = commands[index].numbers
      numbers[place] = value
      guard let command = commands[index].asking(numbers) else { return false }
      commands[index] = command
    case .start: settings.start = PFN(value)
    case .boundary: settings.boundary = value
    case .magazine: settings.magazineCapacity = Int(value)
    case .depot: settings.depotBound = Int(value)
    case .credit: settings.initialCredit = Int(value)
    case .refused: settings.refusedRequest = Int(value)
    case .slots: settings.flushQueue?.slots = 1 << Int(value)
    case .timeout: settings.flushQueue?.timeout = value
    case .inputBits: settings.dma?.inputBits = Int(value)
    case .shadow: settings.dma?.shadow = Int(value)
    case .mask(let device): settings.dma?.devices[device].mask = PFN(value)
    case .part(let device): settings.dma?.devices[device].part = value
    }
    return true
  }
}

extension Command {
  /// What it asks for, in the order of its text.
  var numbers: [UInt64] {
    switch action {
    case .reserve(let range): [range.lo.raw, range.hi.raw]
    case .copyReserved(let first, let second):
      [first.lo.raw, first.hi.raw, second.lo.raw, second.hi.raw]
    case .find(let pfn): [pfn.raw]
    case .allocate(_, let pages, let limit, _), .allocateFast(_, let pages, let limit, _):
      [pages, limit.raw]
    case .split(_, let offset, let pages, _): [offset, pages]
    case .map(_, let pages, _, let device, _): [pages, UInt64(device)]
    case .access(_, let page), .mapAgain(_, let page): [page]
    case .unmapPart(_, let page, let pages): [page, pages]
    case .attach(let device): [UInt64(device)]
    case .setMask(let mask, let device): [mask.raw, UInt64(device)]
    case .advance(let milliseconds): [milliseconds]
    default: []
    }
  }

  /// The lowest value of each of its numbers.
  fileprivate var leastNumbers: [UInt64] {
    switch action {
    case .allocate, .allocateFast, .map: [1, 0]
    case .split, .unmapPart: [0, 1]
    default: Array(repeating: 0, count: numbers.count)
    }
  }

  /// The same command with these numbers; nil if there is no such command.
  fileprivate func asking(_ numbers: [UInt64]) -> Command? {
    var command = self
    switch action {
    case .reserve:
      guard numbers[0] <= numbers[1] else { return nil }
      command.action = .reserve(PFNRange(PFN(numbers[0]), through: PFN(numbers[1])))
    case .allocate(let handle, _, _, let aligned):
      command.action = .allocate(
        handle, pages: numbers[0], limit: PFN(numbers[1]), aligned: aligned)
    case .allocateFast(let handle, _, _, let flush):
      command.action = .allocateFast(
        handle, pages: numbers[0], limit: PFN(numbers[1]), flush: flush)
    case .split(let handle, _, _, let above):
      command.action = .split(handle, offset: numbers[0], pages: numbers[1], above: above)
    case .map(let handle, _, let access, _, let shifted):
      command.action = .map(
        handle, pages: numbers[0], access, device: Int(numbers[1]), shifted: shifted)
    case .copyReserved:
      guard numbers[0] <= numbers[1], numbers[2] <= numbers[3] else { return nil }
      command.action = .copyReserved(
        PFNRange(PFN(numbers[0]), through: PFN(numbers[1])),
        PFNRange(PFN(numbers[2]), through: PFN(numbers[3])))
    case .find: command.action = .find(PFN(numbers[0]))
    case .unmapPart(let handle, _, _):
      command.action = .unmapPart(handle, page: numbers[0], pages: numbers[1])
    case .access(let handle, _): command.action = .access(handle, page: numbers[0])
    case .mapAgain(let handle, _): command.action = .mapAgain(handle, page: numbers[0])
    case .attach: command.action = .attach(device: Int(numbers[0]))
    case .setMask: command.action = .setMask(PFN(numbers[0]), device: Int(numbers[1]))
    case .advance: command.action = .advance(milliseconds: numbers[0])
    default: return nil
    }
    return command
  }
}
