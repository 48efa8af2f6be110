import IOVA

/// How commands of one kind are written and read: `a1 = allocate(4, below: 0xf, aligned)`, and what
/// follows from their arguments.
package struct CommandForm: Sendable {
  package let name: String
  /// Commands with the extreme values of each argument.
  package let examples: [Command.Action]
  /// By what calls are told apart where one fails: frees that differ in who else may free are one.
  let call: String
  /// The least that each number can be.
  let leastNumbers: [UInt64]
  /// The text; nil if the command is of another kind.
  private let write: @Sendable (Command.Action) -> String?
  /// The command with these arguments; nil if they do not fit this kind.
  private let read: @Sendable (ArgumentReader) -> Command.Action?
  /// What it asks for, in the order of its text; nil if the command is of another kind.
  private let numbers: @Sendable (Command.Action) -> [UInt64]?
  /// The same command that asks for these; nil if there is none such.
  let asking: @Sendable (Command.Action, [UInt64]) -> Command.Action?

  /// - Parameter call: the kind of call that it is, if that is not its name.
  /// - Parameter make: the command of the arguments.
  /// - Parameter parts: the arguments of a command; nil if it is of another kind.
  private init<each Value: Sendable>(
    _ name: String, call: String? = nil, _ arguments: repeat ArgumentForm<each Value>,
    make: @escaping @Sendable (repeat each Value) -> Command.Action,
    parts: @escaping @Sendable (Command.Action) -> (repeat each Value)?
  ) {
    self.name = name
    self.call = call ?? name
    write = { action in
      guard let values = parts(action) else { return nil }
      var (result, words): (String, [String]) = ("", [])
      for (argument, value) in repeat (each arguments, each values) {
        guard let text = argument.write(value) else { continue }
        if argument.isResult { result = text + " = " } else { words.append(text) }
      }
      return "\(result)\(name)(\(words.joined(separator: ", ")))"
    }
    read = { start in
      var reader = start
      func take<T>(_ argument: ArgumentForm<T>) throws -> T {
        guard let value = argument.read(&reader) else { throw Unreadable() }
        return value
      }
      guard let values = try? (repeat take(each arguments)), reader.isAtEnd else { return nil }
      return make(repeat each values)
    }
    numbers = { action in
      guard let values = parts(action) else { return nil }
      var numbers: [UInt64] = []
      for (argument, value) in repeat (each arguments, each values) {
        numbers += argument.numbers.of(value)
      }
      return numbers
    }
    asking = { action, numbers in
      guard let values = parts(action) else { return nil }
      var rest = numbers[...]
      func take<T>(_ argument: ArgumentForm<T>, _ value: T) throws -> T {
        let count = argument.numbers.least.count
        defer { rest = rest.dropFirst(count) }
        guard count > 0 else { return value }
        guard let value = argument.numbers.value(Array(rest.prefix(count))) else {
          throw Unreadable()
        }
        return value
      }
      guard let values = try? (repeat take(each arguments, each values)) else { return nil }
      return make(repeat each values)
    }
    var (count, least) = (1, [UInt64]())
    for argument in repeat each arguments {
      count = max(count, argument.extremes.count)
      least += argument.numbers.least
    }
    leastNumbers = least
    examples = (0..<count).map { make(repeat (each arguments).extreme($0)) }
  }

  private struct Unreadable: Error {}

  // MARK: All of them

  static func write(_ action: Command.Action) -> String { first(of: action) { $0.write(action) } }

  /// What a command asks for, in the order of its text.
  static func numbers(_ action: Command.Action) -> [UInt64] {
    first(of: action) { $0.numbers(action) }
  }

  /// The form of a command.
  static func of(_ action: Command.Action) -> CommandForm {
    first(of: action) { $0.numbers(action) == nil ? nil : $0 }
  }

  /// What the one form says that a command is of.
  private static func first<Result>(
    of action: Command.Action, _ body: (CommandForm) -> Result?
  ) -> Result {
    for form in all { if let result = body(form) { return result } }
    preconditionFailure("there is no form of a command that is \(action)")
  }

  /// Reads one command of a program for `cpus` CPUs; nil if the text is no command.
  package static func read(_ text: Substring, cpus: Int) -> Command.Action? {
    let sides = text.components(separatedBy: " = ")
    guard sides.count <= 2, let call = sides.last, call.hasSuffix(")"),
      let open = call.firstIndex(of: "("),
      let form = all.first(where: { $0.name == call[..<open] })
    else { return nil }
    let inner = call[call.index(after: open)...].dropLast()
    let words = inner.isEmpty ? [] : inner.components(separatedBy: ", ")
    return form.read(
      ArgumentReader(result: sides.count == 2 ? sides[0] : nil, words: words[...], cpus: cpus))
  }

  package static let all = ofTree + ofCaches + ofDevices + ofMachine

  private static let ofTree: [CommandForm] = [
    CommandForm("reserve", .range, make: Command.Action.reserve) {
      if case .reserve(let range) = $0 { range } else { nil }
    },
    CommandForm("copyReserved", call: "reserve", .range, .range, make: Command.Action.copyReserved)
    {
      if case .copyReserved(let first, let second) = $0 { (first, second) } else { nil }
    },
    CommandForm("find", .pfn(upTo: .max), make: Command.Action.find) {
      if case .find(let pfn) = $0 { pfn } else { nil }
    },
    CommandForm(
      "allocate", .result, .pages(upTo: .max), .pfn("below", upTo: .max - 1), .flag("aligned"),
      make: Command.Action.allocate
    ) {
      guard case .allocate(let handle, let pages, let limit, let aligned) = $0 else { return nil }
      return (handle, pages, limit, aligned)
    },
    CommandForm("free", .handle, make: Command.Action.free) {
      if case .free(let handle) = $0 { handle } else { nil }
    },
    CommandForm("freeShared", call: "free", .handle, make: Command.Action.freeShared) {
      if case .freeShared(let handle) = $0 { handle } else { nil }
    },
    CommandForm(
      "split", .handle, .offset("at"), .pages("pages"), .result,
      make: Command.Action.split
    ) {
      guard case .split(let handle, let offset, let pages, let above) = $0 else { return nil }
      return (handle, offset, pages, above)
    },
  ]

  private static let ofCaches: [CommandForm] = [
    CommandForm(
      "allocateFast", .result, .pages(upTo: .max), .pfn("below", upTo: .max - 1), .flag("flush"),
      make: Command.Action.allocateFast
    ) {
      guard case .allocateFast(let handle, let pages, let limit, let flush) = $0 else { return nil }
      return (handle, pages, limit, flush)
    },
    CommandForm("freeFast", .handle, make: Command.Action.freeFast) {
      if case .freeFast(let handle) = $0 { handle } else { nil }
    },
    CommandForm("deferFree", .handle, make: Command.Action.deferFree) {
      if case .deferFree(let handle) = $0 { handle } else { nil }
    },
    CommandForm("flushCaches", call: "flush", .cpu, make: Command.Action.flushCaches) {
      if case .flushCaches(let cpu) = $0 { cpu } else { nil }
    },
    CommandForm("flushDepots", call: "flush", .flushDepots),
  ]

  private static let ofDevices: [CommandForm] = [
    CommandForm(
      "map", .result, .pages(upTo: DMASettings.mostPages), .protection, .device("device"),
      .flag("shifted"), .flag("sleeping"), make: Command.Action.map
    ) {
      guard case .map(let handle, let pages, let access, let device, let isShifted, let sleeps) = $0
      else { return nil }
      return (handle, pages, access, device, isShifted, sleeps)
    },
    CommandForm("unmap", .handle, make: Command.Action.unmap) {
      if case .unmap(let handle) = $0 { handle } else { nil }
    },
    CommandForm(
      "unmapPart", .handle, .page("page"), .pages("pages"), make: Command.Action.unmapPart
    ) {
      guard case .unmapPart(let handle, let page, let pages) = $0 else { return nil }
      return (handle, page, pages)
    },
    CommandForm("access", .handle, .page("page"), make: Command.Action.access) {
      if case .access(let handle, let page) = $0 { (handle, page) } else { nil }
    },
    CommandForm("mapAgain", .handle, .page("page"), make: Command.Action.mapAgain) {
      if case .mapAgain(let handle, let page) = $0 { (handle, page) } else { nil }
    },
    CommandForm("attach", .device(), make: Command.Action.attach) {
      if case .attach(let device) = $0 { device } else { nil }
    },
    CommandForm(
      "allocateCoherent", .result, .pages(upTo: DMASettings.mostPages), .device("device"),
      make: Command.Action.allocateCoherent
    ) {
      guard case .allocateCoherent(let handle, let pages, let device) = $0 else { return nil }
      return (handle, pages, device)
    },
    CommandForm("freeCoherent", .handle, make: Command.Action.freeCoherent) {
      if case .freeCoherent(let handle) = $0 { handle } else { nil }
    },
    CommandForm(
      "setMask", .pfn(upTo: Command.mostMask), .device("device"), .flag("coherent"),
      make: { Command.Action.setMask($0, device: $1, $2 ? .coherent : .streaming) },
      parts: {
        guard case .setMask(let mask, let device, let kind) = $0 else { return nil }
        return (mask, device, kind == .coherent)
      }),
  ]

  private static let ofMachine: [CommandForm] = [
    CommandForm("startDeferring", call: "mode", .startDeferring),
    CommandForm("stopDeferring", call: "mode", .stopDeferring),
    CommandForm("unplug", .unplug),
    CommandForm("plug", .plug),
    CommandForm("advance", .milliseconds, make: Command.Action.advance) {
      if case .advance(let milliseconds) = $0 { milliseconds } else { nil }
    },
  ]

  /// A command without arguments.
  private init(_ name: String, call: String? = nil, _ action: Command.Action) {
    self.init(name, call: call, make: { action }, parts: { $0 == action ? () : nil })
  }
}

extension Command {
  /// The most pages that a command may ask for, the most ms that it may wait, and the highest mask.
  static let mostPages: UInt64 = 1 << 16
  static let mostMilliseconds: UInt64 = 1_000_000
  static let mostMask: UInt64 = (1 << 40) - 1
}
