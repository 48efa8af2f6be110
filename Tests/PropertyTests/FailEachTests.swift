import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A program whose allocations of memory fail one by one` {
  /// What the laws say with each request refused in turn, and how many requests there were.
  private func failEach(
    _ program: Program, _ run: SequentialRun
  ) -> (finding: Finding?, requests: Int) {
    var program = program
    var requests = 0
    while true {
      program.settings.refusedRequest = requests + 1
      if let finding = run.run(program) { return (finding, requests + 1) }
      if run.isRefusalDue { return (nil, requests) }
      requests += 1
    }
  }

  @Test(arguments: Workload.all.filter { $0.scale == .small }.map(\.name))
  func `breaks no law, and loses nothing`(workload: String) throws {
    let generator = ProgramGenerator(try #require(Workload.named(workload)), length: 32)
    let book = LawBook(.every, isSequential: true, cpus: ProgramGenerator.mostCPUs)
    let run = SequentialRun(book)
    var requests = 0
    for seed in try Rounds(20) {
      var source = ChoiceSource(seed: seed)
      let (finding, count) = failEach(generator.draw(from: &source), run)
      #expect(finding == nil, seed.line())
      requests += count
    }
    #expect(requests > 60)
  }

  @Test(arguments: ["everything", "flush"])
  func `breaks no law when its CPUs are interleaved`(workload: String) throws {
    let generator = ProgramGenerator(
      try #require(Workload.named(workload)), cpus: 2, length: 16)
    let run = ControlledRun(cpus: 2, LawBook(.every, isSequential: false, cpus: 2))
    for seed in try Rounds(12) {
      var source = ChoiceSource(seed: seed)
      var program = generator.draw(from: &source)
      var number = 0
      repeat {
        number += 1
        program.settings.refusedRequest = number
        var choices = source
        #expect(run.run(program, &choices).finding == nil, seed.line())
      } while !run.isRefusalDue
    }
  }

  /// R09 drops a range for which the cache has no magazine: a leak when the last allocation fails.
  private static func leak() -> Program {
    var program = FaultProgram(.r09).program
    for index in program.commands.indices { program.commands[index].isStarved = false }
    return program
  }

  @Test func `shows a leak that only the last of its allocations can show`() {
    let program = Self.leak()
    #expect(LawBook.finding(in: program) == nil)
    let book = LawBook(.every, isSequential: true, cpus: 1)
    let (finding, requests) = failEach(program, SequentialRun(book))
    #expect(finding?.law == "nothingIsLost")
    // Twelve magazines, three ranges, and the magazine for the third free.
    #expect(requests == 16)
  }

  @Test func `is written with the request that fails, and read again`() throws {
    var program = Self.leak()
    program.settings.refusedRequest = 16
    let finding = Finding(law: "nothingIsLost", evidence: "it is lost")
    let text = ProgramCase(finding, .sequential, program).text
    #expect(text.contains("\nrefused: 16\n"))
    let read = try ProgramCase(text).program
    #expect(read.settings.refusedRequest == 16)
    #expect(LawBook.finding(in: read)?.law == "nothingIsLost")
    let wrong = text.replacing("refused: 16", with: "refused: 0")
    #expect(throws: ProgramCase.Malformed.self) { try ProgramCase(wrong) }
  }

  @Test(arguments: ["1", "2"])
  func `is counted by a run that was told to`(threads: String) throws {
    let run = try StressProcess([
      "--fail-each", "--threads", threads, "--rounds", "1", "--seed", "4", "--workload", "cache",
    ])
    #expect(run.status == 0)
    #expect(run.output.contains(" requests for memory failed, each once\n"))
  }

  @Test func `is not run on threads, which ask for memory in no order that repeats`() throws {
    let run = try StressProcess(["--fail-each", "--mode", "free"])
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.error.split(separator: "\n").count == 1)
  }
}
