import IOVA

/// Reads one command, as `Command.description` writes it.
struct CommandReader {
  private let text: Substring
  private let cpus: Int

  init(_ text: Substring, cpus: Int) {
    self.text = text
    self.cpus = cpus
  }

  /// The most pages a command may ask for, and the most ms it may wait.
  private static let mostPages: UInt64 = 1 << 16
  private static let mostMilliseconds: UInt64 = 1_000_000

  /// The action; nil if the text is none.
  func action() -> Command.Action? {
    let sides = text.components(separatedBy: " = ")
    let call = sides.count == 2 ? sides[1] : text
    let result = sides.count == 2 ? CommandReader.handle(sides[0]) : nil
    guard sides.count <= 2, sides.count == 1 || result != nil, call.hasSuffix(")"),
      let open = call.firstIndex(of: "(")
    else { return nil }
    let inner = call[call.index(after: open)...].dropLast()
    let arguments = inner.components(separatedBy: ", ")
    switch (call[..<open], result) {
    case ("allocate", let handle?): return allocation(handle, arguments, flag: "aligned")
    case ("allocateFast", let handle?): return allocation(handle, arguments, flag: "flush")
    case ("split", let handle?): return split(handle, arguments)
    case ("free", nil): return CommandReader.handle(inner).map { .free($0) }
    case ("freeShared", nil): return CommandReader.handle(inner).map { .freeShared($0) }
    case ("deferFree", nil): return CommandReader.handle(inner).map { .deferFree($0) }
    case ("map", let handle?): return mapping(handle, arguments)
    case ("unmap", nil): return CommandReader.handle(inner).map { .unmap($0) }
    case ("access", nil): return access(arguments)
    case ("mapAgain", nil): return access(arguments).flatMap(\.asMappingAgain)
    case ("attach", nil): return device(inner).map { .attach(device: $0) }
    case ("setMask", nil): return setMask(arguments)
    case ("freeFast", nil): return CommandReader.handle(inner).map { .freeFast($0) }
    case ("reserve", nil): return reservation(inner)
    case ("flushCaches", nil):
      return ProgramCaseReader.cpu(inner, below: cpus).map { .flushCaches($0) }
    case ("flushDepots", nil): return inner.isEmpty ? .flushDepots : nil
    case ("startDeferring", nil): return inner.isEmpty ? .startDeferring : nil
    case ("stopDeferring", nil): return inner.isEmpty ? .stopDeferring : nil
    case ("unplug", nil): return inner.isEmpty ? .unplug : nil
    case ("plug", nil): return inner.isEmpty ? .plug : nil
    case ("advance", nil):
      guard let time = ProgramCaseReader.number(inner), time <= Self.mostMilliseconds else {
        return nil
      }
      return .advance(milliseconds: time)
    default: return nil
    }
  }

  private func allocation(
    _ handle: Handle, _ arguments: [Substring], flag: Substring
  ) -> Command.Action? {
    guard arguments.count == 2 || (arguments.count == 3 && arguments[2] == flag),
      let pages = pages(arguments[0]), arguments[1].hasPrefix("below: "),
      let limit = ProgramCaseReader.number(arguments[1].dropFirst(7)), limit < .max
    else { return nil }
    let isSet = arguments.count == 3
    return flag == "flush"
      ? .allocateFast(handle, pages: pages, limit: PFN(limit), flush: isSet)
      : .allocate(handle, pages: pages, limit: PFN(limit), aligned: isSet)
  }

  private func split(_ above: Handle, _ arguments: [Substring]) -> Command.Action? {
    guard arguments.count == 3, let handle = CommandReader.handle(arguments[0]),
      arguments[1].hasPrefix("at: "),
      let offset = ProgramCaseReader.number(arguments[1].dropFirst(4)),
      offset <= Self.mostPages, arguments[2].hasPrefix("pages: "),
      let pages = pages(arguments[2].dropFirst(7))
    else { return nil }
    return .split(handle, offset: offset, pages: pages, above: above)
  }

  private func mapping(_ handle: Handle, _ arguments: [Substring]) -> Command.Action? {
    guard arguments.count == 3 || (arguments.count == 4 && arguments[3] == "shifted"),
      let pages = pages(arguments[0]), pages <= DMASettings.mostPages,
      let protection = Protection(access: arguments[1]), arguments[2].hasPrefix("device: "),
      let device = device(arguments[2].dropFirst(8))
    else { return nil }
    return .map(
      handle, pages: pages, protection, device: device, shifted: arguments.count == 4)
  }

  private func setMask(_ arguments: [Substring]) -> Command.Action? {
    guard arguments.count == 2, let mask = ProgramCaseReader.number(arguments[0]), mask < 1 << 40,
      arguments[1].hasPrefix("device: "), let device = device(arguments[1].dropFirst(8))
    else { return nil }
    return .setMask(PFN(mask), device: device)
  }

  private func device(_ text: Substring) -> Int? {
    guard let number = ProgramCaseReader.number(text), number < DMASettings.mostDevices else {
      return nil
    }
    return Int(number)
  }

  private func access(_ arguments: [Substring]) -> Command.Action? {
    guard arguments.count == 2, let handle = CommandReader.handle(arguments[0]),
      arguments[1].hasPrefix("page: "),
      let page = ProgramCaseReader.number(arguments[1].dropFirst(6)), page < Self.mostPages
    else { return nil }
    return .access(handle, page: page)
  }

  private func reservation(_ text: Substring) -> Command.Action? {
    let ends = text.components(separatedBy: "...")
    guard ends.count == 2, let lo = ProgramCaseReader.number(ends[0]),
      let hi = ProgramCaseReader.number(ends[1]), lo <= hi
    else { return nil }
    return .reserve(PFNRange(PFN(lo), through: PFN(hi)))
  }

  private func pages(_ text: Substring) -> UInt64? {
    guard let pages = ProgramCaseReader.number(text), (1...Self.mostPages).contains(pages) else {
      return nil
    }
    return pages
  }

  static func handle(_ text: Substring) -> Handle? {
    guard text.hasPrefix("a"), let number = ProgramCaseReader.number(text.dropFirst()),
      number < Program.maxCommands * 2
    else { return nil }
    return Handle(Int(number))
  }
}

extension Command.Action {
  /// The same page, mapped once more rather than accessed.
  fileprivate var asMappingAgain: Command.Action? {
    if case .access(let handle, let page) = self { .mapAgain(handle, page: page) } else { nil }
  }
}
