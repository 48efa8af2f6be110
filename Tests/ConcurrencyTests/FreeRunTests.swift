import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A free run` {
  @Test(arguments: [2, 4])
  func `breaks no law on current`(cpus: Int) throws {
    for workload in [Workload.everything, .tree, .cache] {
      try expectLawful(ProgramGenerator(workload, cpus: cpus, length: 600), rounds: 8)
    }
  }

  @Test(arguments: [2, 4])
  func `breaks no law on current at the kernel's own scale`(cpus: Int) throws {
    try expectLawful(ProgramGenerator(.fullScale, cpus: cpus, length: 4_000), rounds: 2)
  }

  @Test func `of more CPUs than cores breaks no law`() throws {
    try expectLawful(ProgramGenerator(.everything, cpus: 8, length: 600), rounds: 4)
  }

  @Test func `of one CPU breaks no law`() throws {
    try expectLawful(ProgramGenerator(.everything, cpus: 1, length: 300), rounds: 4)
  }

  /// Draws programs from the rounds' seeds and runs each on threads of its own.
  private func expectLawful(
    _ generator: ProgramGenerator, rounds: UInt64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let cpus = try #require(generator.cpus)
    let book = LawBook(.every, isSequential: false, cpus: cpus)
    let run = FreeRun(cpus: cpus, book)
    for seed in try Rounds(rounds) {
      var source = ChoiceSource(seed: seed)
      let finding = run.run(generator.draw(from: &source))
      #expect(finding == nil, seed.line(), sourceLocation: sourceLocation)
    }
    #expect(book.checks > 0, sourceLocation: sourceLocation)
  }

  @Test func `says how far each CPU came`() {
    var settings = ProgramSettings()
    settings.cpus = 2
    let book = LawBook(.every, isSequential: false, cpus: 2)
    let commands = [0, 1, 1, 0, 1].enumerated().map { number, cpu in
      Command(
        .allocate(Handle(number), pages: 1, limit: PFN(63), aligned: false), on: CPU(cpu))
    }
    var program = Program(settings, commands)
    program.inOrder = 1
    let (finding, begun) = FreeRun(cpus: 2, book).runNoting(program)
    #expect(finding == nil)
    #expect(begun == [1, 3])
  }

  @Test func `hands ranges from CPU to CPU, through handles and through depots`() {
    // Every range is taken on one CPU and freed on another, more than the magazines hold.
    let rounds = 400
    var commands: [Command] = []
    for number in 0..<rounds {
      let handle = Handle(number)
      commands.append(
        Command(
          .allocateFast(handle, pages: 1, limit: PFN(4_095), flush: true), on: CPU(number % 2)))
      if number >= 20 {
        commands.append(Command(.freeFast(Handle(number - 20)), on: CPU((number + 1) % 2)))
      }
    }
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 3
    let book = LawBook(.every, isSequential: false, cpus: 2)
    let run = FreeRun(cpus: 2, book)
    for _ in 0..<10 { #expect(run.run(Program(settings, commands)) == nil) }
    #expect(book.milestones.contains(.cacheHit))
  }

  @Test func `sees in the depot of a class what another CPU put there`() {
    // CPU 0 alone fills the depot, CPU 1 alone drains it, with a rest in between.
    let count = FreeRun.commandsBetweenRests / 2
    let fill = (0..<count).map {
      Command(.allocateFast(Handle($0), pages: 1, limit: PFN(4_095), flush: false), on: CPU(0))
    }
    let free = (0..<count).map { Command(.freeFast(Handle($0)), on: CPU(0)) }
    let drain = (0..<count).map {
      Command(
        .allocateFast(Handle(count + $0), pages: 1, limit: PFN(4_095), flush: false), on: CPU(1))
    }
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 3
    let book = LawBook(.every, isSequential: false, cpus: 2)
    #expect(FreeRun(cpus: 2, book).run(Program(settings, fill + free + drain)) == nil)
    #expect(book.milestones.isSuperset(of: [.depotStored, .depotFetched]))
  }
}
