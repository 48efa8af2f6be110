import IOVA

/// How commands of one kind are written and read: `a1 = allocate(4, below: 0xf, aligned)`.
package struct CommandForm: Sendable {
  package let name: String
  /// Commands with the extreme values of each argument.
  package let examples: [Command.Action]
  /// The text; nil if the command is of another kind.
  private let write: @Sendable (Command.Action) -> String?
  /// The command with these arguments; nil if they do not fit this kind.
  private let read: @Sendable (ArgumentReader) -> Command.Action?

  /// - Parameter make: the command for its arguments.
  /// - Parameter parts: the arguments of a command; nil if it is of another kind.
  private init<each Value: Sendable>(
    _ name: String, _ arguments: repeat ArgumentForm<each Value>,
    make: @escaping @Sendable (repeat each Value) -> Command.Action,
    parts: @escaping @Sendable (Command.Action) -> (repeat each Value)?
  ) {
    self.name = name
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
    var count = 1
    for argument in repeat each arguments { count = max(count, argument.extremes.count) }
    examples = (0..<count).map { make(repeat (each arguments).extreme($0)) }
  }

  private struct Unreadable: Error {}

  // MARK: All of them

  static func write(_ action: Command.Action) -> String {
    for form in all { if let text = form.write(action) { return text } }
    preconditionFailure("no form fits the command \(action)")
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
    CommandForm("copyReserved", .range, .range, make: Command.Action.copyReserved) {
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
    CommandForm("freeShared", .handle, make: Command.Action.freeShared) {
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
    CommandForm("flushCaches", .cpu, make: Command.Action.flushCaches) {
      if case .flushCaches(let cpu) = $0 { cpu } else { nil }
    },
    CommandForm("flushDepots", .flushDepots),
  ]

  private static let ofDevices: [CommandForm] = [
    CommandForm(
      "map", .result, .pages(upTo: DMASettings.mostPages), .protection, .device("device"),
      .flag("shifted"), make: Command.Action.map
    ) {
      guard case .map(let handle, let pages, let access, let device, let isShifted) = $0 else {
        return nil
      }
      return (handle, pages, access, device, isShifted)
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
      "setMask", .pfn(upTo: Command.mostMask), .device("device"), make: Command.Action.setMask
    ) {
      if case .setMask(let mask, let device) = $0 { (mask, device) } else { nil }
    },
  ]

  private static let ofMachine: [CommandForm] = [
    CommandForm("startDeferring", .startDeferring),
    CommandForm("stopDeferring", .stopDeferring),
    CommandForm("unplug", .unplug),
    CommandForm("plug", .plug),
    CommandForm("advance", .milliseconds, make: Command.Action.advance) {
      if case .advance(let milliseconds) = $0 { milliseconds } else { nil }
    },
  ]

  /// A command without arguments.
  private init(_ name: String, _ action: Command.Action) {
    self.init(name, make: { action }, parts: { $0 == action ? () : nil })
  }
}

extension Command {
  /// The most pages that a command may ask for, the most ms that it may wait, and the highest mask.
  static let mostPages: UInt64 = 1 << 16
  static let mostMilliseconds: UInt64 = 1_000_000
  static let mostMask: UInt64 = (1 << 40) - 1
}
