import IOVA

/// A program with the law it breaks, as readable text.
///
/// ```text
/// stress case, version 1
/// law: failureIsJustified
/// evidence: no room was found for 1 pages up to 0xf, and 0x2 is free
/// revision: current
/// faults: A04
/// cpus: 1
/// start: 0x1
/// boundary: 0x10
/// magazine: 127
/// depot: 32
/// credit: all
/// mode: sequential
/// commands: 2
/// cpu0: a0 = allocate(1, below: 0x1)
/// cpu0: a1 = allocate(1, below: 0xf)
/// end
/// ```
public struct ProgramCase: Hashable, Sendable {
  /// How the program was run when it broke the law.
  public enum Mode: String, Sendable {
    case sequential, free, controlled
  }

  /// A text that is no case, and the line where that shows.
  public struct Malformed: Error, Hashable, Sendable {
    public let line: Int
    public let reason: String
  }

  public static let title = "stress case, version 1"

  public var finding: Finding
  public var mode: Mode
  public var program: Program
  /// What was chosen at each switch point of a controlled run.
  public var schedule: [UInt64] = []

  /// A program that ran in order or, with a schedule, interleaved.
  public init(_ finding: Finding, _ program: Program, _ schedule: [UInt64]?) {
    self.init(finding, schedule == nil ? .sequential : .controlled, program)
    self.schedule = schedule ?? []
  }

  public init(_ finding: Finding, _ mode: Mode, _ program: Program) {
    self.finding = finding
    self.mode = mode
    self.program = program
  }

  /// The text of the file.
  public var text: String {
    let settings = program.settings
    let configuration = settings.configuration
    let faults = settings.faults.faults.map(\.name)
    var lines = [
      ProgramCase.title,
      "law: \(finding.law)",
      "evidence: \(finding.evidence)",
      "revision: \(settings.revision.name)",
      "faults: \(faults.isEmpty ? "none" : faults.joined(separator: ", "))",
      "cpus: \(settings.cpus)",
      "start: \(settings.start)",
      "boundary: \(PFN(settings.boundary))",
      "magazine: \(configuration.revision.cache.magazineCapacity)",
      "depot: \(settings.depotBound)",
      "credit: \(settings.initialCredit.map(String.init) ?? "all")",
      "mode: \(mode.rawValue)",
    ]
    if settings.endsBusy { lines.append("ends: busy") }
    if let queue = settings.flushQueue {
      lines.append("queue: \(queue.mode.rawValue) \(queue.slots) \(queue.timeout)")
    }
    if program.inOrder > 0 { lines.append("in order: \(program.inOrder)") }
    if mode == .controlled {
      lines.append("schedule: \(schedule.map { "\($0)" }.joined(separator: " "))")
    }
    lines.append("commands: \(program.commands.count)")
    lines += program.commands.map { "\($0.cpu): \($0)" }
    lines.append("end")
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads a case; nothing that a text may contain makes it trap.
  public init(_ text: String) throws(Malformed) {
    var reader = ProgramCaseReader(text)
    try reader.expect(ProgramCase.title)
    let law = try reader.field("law")
    let evidence = try reader.field("evidence")
    finding = Finding(law: law, evidence: evidence)
    var settings = try ProgramCase.settings(&reader)
    let modeName = try reader.field("mode")
    guard let mode = Mode(rawValue: modeName) else {
      throw reader.malformed(
        "the mode is sequential, free or controlled, not \"\(modeName)\"")
    }
    self.mode = mode
    if try reader.option("ends") == "busy" { settings.endsBusy = true }
    settings.flushQueue = try reader.flushQueue()
    let inOrder = try reader.option("in order", in: 1...UInt64(Program.maxCommands))
    if mode == .controlled { schedule = try reader.schedule() }
    let count = try reader.number("commands", in: 0...UInt64(Program.maxCommands))
    var commands: [Command] = []
    for _ in 0..<count { commands.append(try reader.command(cpus: settings.cpus)) }
    try reader.expect("end")
    program = Program(settings, commands)
    program.inOrder = Int(inOrder ?? 0)
    if !program.sharesLawfully {
      throw reader.malformed("freeShared needs all allocations to run in order before it")
    }
    try reader.checkHandles(program)
  }

  private static func settings(_ reader: inout ProgramCaseReader) throws(Malformed)
    -> ProgramSettings
  {
    var settings = ProgramSettings()
    let revision = try reader.field("revision")
    guard let known = Revision.named(revision) else {
      throw reader.malformed("unknown revision \"\(revision)\"")
    }
    settings.revision = known
    let names = try reader.field("faults")
    var faults: [Fault] = []
    for name in names.split(separator: ",") where names != "none" {
      let name = name.drop { $0 == " " }
      guard let fault = Fault.named(String(name)) else {
        throw reader.malformed("unknown fault \"\(name)\"")
      }
      faults.append(fault)
    }
    settings.faults = FaultSet(faults)
    settings.cpus = Int(try reader.number("cpus", in: 1...64))
    settings.start = PFN(try reader.number("start", in: 1...(1 << 40)))
    settings.boundary = try reader.number("boundary", in: 1...(1 << 40))
    settings.magazineCapacity = Int(try reader.number("magazine", in: 1...1024))
    settings.depotBound = Int(try reader.number("depot", in: 1...1024))
    settings.initialCredit = try reader.credit()
    return settings
  }
}
