import Generators
import IOVA

/// A case file as somebody edits it: lines.
struct CaseLines {
  var settings: [String]
  var commands: [String]
  var schedule: [String]

  init(_ file: ProgramCase) {
    let lines = file.text.split(separator: "\n").map(String.init)
    let parts = lines.dropLast().split { $0 == "commands:" || $0 == "schedule:" }.map(Array.init)
    settings = parts[0]
    // There may be no commands, or no turns.
    commands = lines.contains("commands:") && parts.count > 1 ? parts[1] : []
    schedule = parts.count > 2 ? parts[2] : []
  }

  var text: String {
    (settings + ["commands:"] + commands + ["schedule:"] + schedule + ["end", ""])
      .joined(separator: "\n")
  }

  /// Whether anything is allocated beside what several CPUs free would be refused.
  var sharesFrees: Bool { commands.contains { $0.contains("freeShared") } }

  mutating func set(_ name: String, _ value: String) {
    for index in settings.indices where settings[index].hasPrefix("\(name): ") {
      settings[index] = "\(name): \(value)"
    }
  }

  func value(_ name: String) -> String? {
    settings.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
  }

  mutating func replace(_ old: String, with new: String) {
    commands = commands.map { $0.replacing(old, with: new) }
  }

  /// Puts a command before what one CPU does.
  mutating func insertFirst(_ command: String, on cpu: Int) {
    let index = commands.firstIndex { $0.hasPrefix("cpu\(cpu): ") } ?? commands.endIndex
    commands.insert("cpu\(cpu): \(command)", at: index)
  }

  mutating func append(_ command: String, on cpu: Int) {
    commands.append("cpu\(cpu): \(command)")
  }

  mutating func addCPU() {
    set("cpus", "\((Int(value("cpus") ?? "") ?? 0) + 1)")
  }
}

/// One mechanical edit of a case, which leaves its bug alone.
struct CaseEdit: Sendable {
  let name: String
  /// Changes the lines; false where the edit does not apply.
  let change: @Sendable (inout CaseLines) -> Bool
  /// The lines with what the edit then removes; the schedule is written anew with it.
  var before: (@Sendable (inout CaseLines) -> Void)?
  /// How the system is edited.
  var system = EditedSystem.Edit.none

  init(_ name: String, _ change: @escaping @Sendable (inout CaseLines) -> Bool) {
    self.name = name
    self.change = change
  }

  init(_ name: String, _ system: EditedSystem.Edit) {
    self.name = name
    self.system = system
    change = { _ in true }
  }

  /// The lines that are put in first, and are removed then: what the edit changes back.
  init(
    _ name: String, without before: @escaping @Sendable (inout CaseLines) -> Void,
    _ change: @escaping @Sendable (inout CaseLines) -> Bool
  ) {
    self.name = name
    self.before = before
    self.change = change
  }

  static let all = ofPrograms + ofSettings + ofSystems

  /// Gives each handle another number.
  private static func renamed(_ line: String) -> String {
    var text = ""
    var digits = ""
    for character in line + "\n" {
      if character.isWholeNumber, text.hasSuffix("a") || !digits.isEmpty {
        digits.append(character)
      } else {
        if let number = Int(digits) { text += "\(40 - number)" }
        digits = ""
        if character != "\n" { text.append(character) }
      }
    }
    return text
  }

  // MARK: The program

  private static let ofPrograms = [
    CaseEdit("all handles renamed") { lines in
      lines.commands = lines.commands.map(renamed)
      return true
    },
    CaseEdit("cpu1 is cpu2 now") { lines in
      lines.addCPU()
      lines.replace("cpu1", with: "cpu2")
      return true
    },
    CaseEdit("cpu0 and cpu1 change places") { lines in
      // CPU 0 can't be unplugged, and is the one that ends a domain.
      guard !lines.commands.contains(where: { $0.contains("unplug") }) else { return false }
      lines.replace("cpu0", with: "cpu_")
      lines.replace("cpu1", with: "cpu0")
      lines.replace("cpu_", with: "cpu1")
      return true
    },
    CaseEdit("a command more on cpu1, first") { lines in
      lines.insertFirst("advance(1)", on: 1)
      return true
    },
    CaseEdit("a command more on cpu1, last") { lines in
      lines.append("flushCaches(cpu1)", on: 1)
      return true
    },
    CaseEdit("a command more on cpu0, first") { lines in
      lines.insertFirst("advance(1)", on: 0)
      return true
    },
    CaseEdit("a command more on cpu0, last") { lines in
      lines.append("advance(1)", on: 0)
      return true
    },
    CaseEdit("an allocation more on each CPU, first") { lines in
      guard !lines.sharesFrees else { return false }
      lines.insertFirst("a90 = allocate(1, below: 0x3ff)", on: 0)
      lines.insertFirst("a91 = allocate(1, below: 0x3ff)", on: 1)
      return true
    },
    CaseEdit("a range reserved first") { lines in
      lines.commands.insert("cpu0: reserve(0x300...0x301)", at: 0)
      if lines.commands.contains(where: { $0.hasPrefix("in order") }) {
        lines.commands[0] = "in order: " + lines.commands[0]
      }
      return true
    },
    CaseEdit("an allocation in order first") { lines in
      lines.commands.insert("in order: cpu0: a90 = allocate(1, below: 0x3ff)", at: 0)
      return true
    },
    CaseEdit(
      "commands that did nothing, removed",
      without: { lines in
        lines.insertFirst("advance(1)", on: 0)
        lines.insertFirst("advance(1)", on: 1)
      },
      { lines in
        lines.commands.removeAll { $0.hasSuffix("advance(1)") }
        return true
      }),
    CaseEdit("commands listed CPU by CPU") { lines in
      let inOrder = lines.commands.filter { $0.hasPrefix("in order") }
      let rest = lines.commands.filter { !$0.hasPrefix("in order") }
      lines.commands =
        inOrder
        + (0..<3).flatMap { cpu in rest.filter { $0.hasPrefix("cpu\(cpu): ") } }
      return true
    },
    CaseEdit("two frees on one CPU swapped") { lines in
      let frees = lines.commands.indices.filter { lines.commands[$0].hasPrefix("cpu0: freeFast") }
      guard let first = frees.first(where: { frees.contains($0 + 1) }) else { return false }
      lines.commands.swapAt(first, first + 1)
      return true
    },
    CaseEdit("all turns numbered one too high") { lines in
      for command in (1...8).reversed() {
        lines.schedule = lines.schedule.map {
          $0.replacing("until \(command) \"", with: "until \(command + 1) \"")
        }
      }
      return true
    },
    CaseEdit("the last turn lost") { lines in
      guard lines.schedule.count > 1 else { return false }
      lines.schedule.removeLast()
      return true
    },
  ]

  // MARK: Its settings

  private static let ofSettings = [
    CaseEdit("all limits higher") { lines in
      lines.replace("below: 0xf", with: "below: 0x1f")
      return true
    },
    CaseEdit("two pages instead of one") { lines in
      lines.replace("(1, below", with: "(2, below")
      return true
    },
    CaseEdit("a larger address space") { lines in
      lines.set("boundary", "0x40")
      return true
    },
    CaseEdit("another first page") { lines in
      lines.set("start", "0x3")
      return true
    },
    CaseEdit("large magazines") { lines in
      // Depots only come into it with magazines as small as they are.
      let text = lines.schedule.joined()
      guard !text.contains("depot") else { return false }
      lines.set("magazine", "127")
      return true
    },
    CaseEdit("deep depots") { lines in
      lines.set("depot", "32")
      return true
    },
    CaseEdit("an idle CPU more") { lines in
      lines.addCPU()
      return true
    },
    CaseEdit("a busy CPU more") { lines in
      lines.addCPU()
      lines.append("advance(1)", on: 2)
      lines.append("flushCaches(cpu2)", on: 2)
      return true
    },
    CaseEdit("Linux 6.12 with the same fault") { lines in
      lines.set("revision", "linux-6.12")
      return true
    },
    CaseEdit("Linux 6.1 with the same fault") { lines in
      // It has no workers.
      guard lines.value("faults") != "R16" else { return false }
      lines.set("revision", "linux-6.1")
      return true
    },
  ]

  // MARK: The system

  private static let ofSystems: [CaseEdit] = [
    CaseEdit("a statement more before each lock", .windowBefore(.onlineRead)),
    CaseEdit("a statement more before each lock, as others are", .windowBefore(.cpuSampled)),
    CaseEdit("a statement more after each lock", .windowAfter(.onlineRead)),
    CaseEdit("a statement more after each lock, as others are", .windowAfter(.memoryAsked)),
    CaseEdit("T is taken twice", .takenTwice(.rangeTree)),
    CaseEdit("C is taken twice", .takenTwice(.cpuCache)),
    CaseEdit("D is taken twice", .takenTwice(.depot)),
    CaseEdit("what T guards is done in two parts", .split(.rangeTree)),
    CaseEdit("what D guards is done in two parts", .split(.depot)),
    CaseEdit("a lock more before T", .lockBefore(.rangeTree)),
    CaseEdit("a lock more before C", .lockBefore(.cpuCache)),
    CaseEdit("a lock more before D", .lockBefore(.depot)),
    CaseEdit("D is gone, what it guards is one step", .lockGone(.depot)),
    CaseEdit("no place where a CPU is sampled", .windowGone(.cpuSampled)),
    CaseEdit("no place where memory is asked for", .windowGone(.memoryAsked)),
    CaseEdit("no place where a range was found", .windowGone(.rangeFound)),
    CaseEdit("no windows at all", .allWindowsGone),
    CaseEdit("size classes counted from the other end", .otherClasses),
    CaseEdit("a timer more after each lock", .moreTimers),
  ]
}
