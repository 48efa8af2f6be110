import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A fault` {
  @Test(arguments: FaultProgram.sequential)
  func `breaks its law in the shortest program of the catalogue`(fault: Fault) {
    let example = FaultProgram(fault)
    #expect(LawBook.finding(in: example.program)?.law == example.law)
  }

  @Test(arguments: FaultProgram.sequential)
  func `is to blame, since its program is lawful without it`(fault: Fault) {
    var program = FaultProgram(fault).program
    program.settings = program.settings.withoutFaults
    #expect(LawBook.finding(in: program) == nil)
  }

  @Test(arguments: FaultProgram.sequential)
  func `needs every command of its shortest program`(fault: Fault) {
    let program = FaultProgram(fault).program
    for index in program.commands.indices {
      var commands = program.commands
      commands.remove(at: index)
      #expect(LawBook.finding(in: Program(program.settings, commands)) == nil)
    }
  }

  @Test(arguments: FaultProgram.sequential)
  func `is found in random programs, from each of three seeds`(fault: Fault) throws {
    for seed in try Rounds(3) {
      let tries = programs(until: fault, seed)
      #expect(tries < Self.mostPrograms, seed.line())
    }
  }

  private static let mostPrograms: UInt64 = 20_000

  /// How many programs are drawn and run until a law breaks that holds without the fault.
  private func programs(until fault: Fault, _ seed: Seed) -> UInt64 {
    let workload: Workload =
      switch fault.name.first {
      case "P": .tables
      case _ where [.d03, .d04, .d09, .d12].contains(fault): .s390
      case _ where [.q04, .q06, .d01, .d02, .d07, .d08, .d11].contains(fault): .dma
      case "A": .tree
      case "R": .cache
      case "Q", "D": .flush
      default: .everything
      }
    let generator = ProgramGenerator(
      workload, faults: FaultSet([fault]),
      length: workload == .tree ? 32 : fault == .p02 ? 256 : 96)
    let book = LawBook(.every, isSequential: true, cpus: ProgramGenerator.mostCPUs)
    let run = SequentialRun(book)
    for number in 0..<Self.mostPrograms {
      var source = ChoiceSource(seed: seed.derived(number))
      let program = generator.draw(from: &source)
      guard let finding = run.run(program) else { continue }
      var twin = program
      twin.settings = program.settings.withoutFaults
      if run.run(twin)?.law != finding.law { return number }
    }
    return Self.mostPrograms
  }

  @Test func `has a name that is found again, and a line about it`() {
    for fault in Fault.allCases {
      #expect(Fault.named(fault.name) == fault)
      #expect(!fault.summary.isEmpty)
    }
    #expect(Set(Fault.allCases.map(\.summary)).count == Fault.allCases.count)
    #expect(Fault.named("A99") == nil)
    #expect(FaultSet(Fault.allCases).faults == Fault.allCases)
    #expect(Fault.r17b.name == "R17b")
  }
}

@Suite struct `A random program` {
  @Test(arguments: Workload.all.map(\.name))
  func `breaks no law on current`(workload: String) throws {
    try expectLawful(.current, workload)
  }

  @Test(arguments: Workload.all.map(\.name))
  func `breaks no law on current if a flush heeds the limit`(workload: String) throws {
    var revision = Revision.current
    #expect(!revision.cache.flushesWithinLimit)
    revision.cache.flushesWithinLimit = true
    try expectLawful(revision, workload)
  }

  private func expectLawful(_ revision: Revision, _ workload: String) throws {
    let workload = try #require(Workload.named(workload))
    let generator = ProgramGenerator(workload, revision: revision)
    let book = LawBook(.every, isSequential: true, cpus: ProgramGenerator.mostCPUs)
    let run = SequentialRun(book)
    for seed in try Rounds(workload.scale == .full ? 3 : 60) {
      var source = ChoiceSource(seed: seed)
      let finding = run.run(generator.draw(from: &source))
      #expect(finding == nil, seed.line())
    }
  }

  @Test(arguments: Revision.all.map(\.name))
  func `gives the same transcript twice`(name: String) throws {
    let revision = try #require(Revision.named(name))
    let generator = ProgramGenerator(.everything, revision: revision)
    for seed in try Rounds(10) {
      let transcripts = (0..<2).map { _ in
        var source = ChoiceSource(seed: seed)
        let book = LawBook(.every, isSequential: true, cpus: ProgramGenerator.mostCPUs)
        let (steps, finding) = SequentialRun(book).transcript(generator.draw(from: &source))
        return (steps, finding)
      }
      #expect(transcripts[0].0 == transcripts[1].0, seed.line())
      #expect(transcripts[0].1 == transcripts[1].1, seed.line())
    }
  }

  @Test func `reaches every milestone in the first few hundred`() throws {
    let generator = ProgramGenerator()
    let book = LawBook(.every, isSequential: true, cpus: ProgramGenerator.mostCPUs)
    let run = SequentialRun(book)
    for number in 0..<800 as Range<UInt64> {
      var source = ChoiceSource(seed: Rounds.defaultSeed.derived(number))
      _ = run.run(generator.draw(from: &source))
    }
    let possible = Milestone.allCases.filter { $0.isPossible(.current) }
    let missing = Set(possible).subtracting(book.milestones)
    #expect(missing == [])
  }
}
