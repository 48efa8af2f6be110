import IOVA

extension ProgramCase {
  /// The first lines of the versions that can be read; the last one is written.
  static let titles = ["stress case, version 1", "stress case, version 2"]

  /// The text of the file.
  public var text: String {
    let settings = program.settings
    var lines = [
      ProgramCase.titles[1],
      "program: \(writer)",
      "expect: \(expectation.rawValue)",
      "law: \(finding.law)",
      "evidence: \(finding.evidence)",
    ]
    lines += SettingForm.always.compactMap { $0.line(settings) }
    lines.append("mode: \(mode.rawValue)")
    lines += SettingForm.sometimes.compactMap { $0.line(settings) }
    let unmade = program.unmadeHandles
    if !unmade.isEmpty {
      lines.append("unmade: \(unmade.map(\.description).joined(separator: ", "))")
    }
    if !choices.isEmpty {
      lines.append("choices: \(choices.map { "\($0)" }.joined(separator: " "))")
    }
    lines.append("commands:")
    for (number, command) in program.commands.enumerated() {
      let prefix = number < program.inOrder ? "in order: " : ""
      lines.append("\(prefix)\(command.cpu): \(command)")
    }
    if mode == .controlled {
      lines.append("schedule:")
      lines += script.lines(cpus: settings.cpus)
    }
    lines.append("end")
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads a case of any version; no text makes it trap.
  public init(_ text: String) throws(Malformed) {
    var reader = ProgramCaseReader(text)
    let isFirstVersion = try reader.version(of: ProgramCase.titles) == 0
    let writer = isFirstVersion ? nil : try reader.field("program")
    let expectation = isFirstVersion ? .broken : try reader.expectation()
    let law = try reader.field("law")
    let evidence = try reader.field("evidence")
    var settings = ProgramSettings()
    for form in SettingForm.always { try reader.read(form, &settings) }
    let modeName = try reader.field("mode")
    guard let mode = Mode(rawValue: modeName) else {
      throw reader.malformed("the mode is sequential, free or controlled, not \"\(modeName)\"")
    }
    guard mode != .controlled || settings.cpus <= ControlledRun.mostCPUs else {
      throw reader.malformed("at most \(ControlledRun.mostCPUs) CPUs are interleaved")
    }
    for form in SettingForm.sometimes where reader.isNext("\(form.name): ") {
      try reader.read(form, &settings)
    }
    let unmade = try reader.unmadeHandles()
    self.init(Finding(law: law, evidence: evidence), mode, Program(settings))
    self.expectation = expectation
    if let writer { self.writer = writer }
    if isFirstVersion {
      try readFirstVersion(settings, &reader)
    } else {
      try readCommands(settings, &reader)
    }
    if !program.sharesLawfully {
      throw reader.malformed("freeShared needs all allocations to run in order before it")
    }
    try reader.checkHandles(program, except: unmade)
  }

  /// Reads choices, then as many commands as the file says.
  private mutating func readFirstVersion(
    _ settings: ProgramSettings, _ reader: inout ProgramCaseReader
  ) throws(Malformed) {
    let inOrder = try reader.option("in order", in: 1...UInt64(Program.maxCommands))
    if mode == .controlled { choices = try reader.choices("schedule") }
    let count = try reader.number("commands", in: 0...UInt64(Program.maxCommands))
    var commands: [Command] = []
    for _ in 0..<count { commands.append(try reader.command(cpus: settings.cpus)) }
    try reader.expect("end")
    program = Program(settings, commands)
    program.inOrder = min(Int(inOrder ?? 0), commands.count)
  }

  /// Reads commands and turns, each up to the next heading, so that lines may come and go.
  private mutating func readCommands(
    _ settings: ProgramSettings, _ reader: inout ProgramCaseReader
  ) throws(Malformed) {
    if reader.isNext("choices: ") { choices = try reader.choices("choices") }
    try reader.expect("commands:")
    var commands: [Command] = []
    var inOrder = 0
    while !reader.isNext("end", "schedule:") {
      let isInOrder = reader.isNext("in order: ")
      commands.append(try reader.command(cpus: settings.cpus, after: isInOrder ? "in order: " : ""))
      if isInOrder { inOrder += 1 }
      guard !isInOrder || inOrder == commands.count else {
        throw reader.malformed("what runs in order comes before all other commands")
      }
      guard commands.count <= Program.maxCommands else {
        throw reader.malformed("more than \(Program.maxCommands) commands")
      }
    }
    if mode == .controlled {
      try reader.expect("schedule:")
      while !reader.isNext("end") { script.turns.append(try reader.turn(cpus: settings.cpus)) }
      guard script.turns.count <= Script.textLimit else {
        throw reader.malformed("more than \(Script.textLimit) turns")
      }
    }
    try reader.expect("end")
    program = Program(settings, commands)
    program.inOrder = inOrder
  }
}
