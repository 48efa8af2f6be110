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
  case coherentMask(Int)
  case part(Int)

  /// The lowest value that it can have.
  fileprivate func least(in program: Program) -> UInt64 {
    switch self {
    case .command(let index, let number): program.commands[index].leastNumbers[number]
    case .start, .boundary, .magazine, .depot, .refused, .slots, .timeout: 1
    case .inputBits: UInt64(DMASettings.leastInputBits)
    case .credit, .mask, .coherentMask, .shadow: 0
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
      [ProgramNumber.mask($0), .coherentMask($0), .part($0)]
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
    case .coherentMask(let device): settings.dma?.devices[device].coherentMask?.raw
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
    case .coherentMask(let device):
      settings.dma?.devices[device].coherentMask = PFN(value)
    case .part(let device): settings.dma?.devices[device].part = value
    }
    return true
  }
}

extension Command {
  /// What it asks for, in the order of its text.
  var numbers: [UInt64] { CommandForm.numbers(action) }

  /// The least that each of its numbers can be.
  fileprivate var leastNumbers: [UInt64] { CommandForm.of(action).leastNumbers }

  /// The same command with these numbers; nil if there is no such command.
  fileprivate func asking(_ numbers: [UInt64]) -> Command? {
    CommandForm.of(action).asking(action, numbers).map {
      Command($0, on: cpu, isStarved: isStarved)
    }
  }
}
