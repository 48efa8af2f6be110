import Generators
import Testing

@Suite struct `Shrinking program and schedule together` {
  @Test(arguments: [1, 3, 6])
  func `leaves 3 commands and 4 switches of a chain, for every seed`(skew: Int) throws {
    var search = ToySearch(.chain(skew: skew), Portfolio(only: .urw))
    for seed in try Rounds(20) {
      let found = search.run(seed)
      let report = try #require(found, seed.line())
      #expect(report.program.commands == [[.openX], [.openY], [.check]], seed.line())
      #expect(report.result.minimal.schedule.switches == 4, seed.line())
      #expect(report.result.isComplete)
      #expect(report.result.checks > 0)
      #expect(report.result.replays <= 200)
    }
  }

  @Test(arguments: [2, 3])
  func `leaves two allocations of the time between check and use`(cpus: Int) throws {
    var search = ToySearch(.toctou(cpus: cpus, commands: 4), Portfolio(only: .random))
    for seed in try Rounds(20) {
      let found = search.run(seed)
      let report = try #require(found, seed.line())
      let left = report.program.commands.filter { !$0.isEmpty }
      #expect(left == [[.allocateInTwo], [.allocateInTwo]], seed.line())
      #expect(report.result.minimal.schedule.switches == 2, seed.line())
    }
  }

  @Test func `prints what was found`() throws {
    var search = ToySearch(.chain(skew: 6))
    let found = search.run(Seed(1))
    let report = try #require(found)
    #expect(
      report.description == """
        chain, found by urw in execution 273
        3 commands, 4 switches (1-minimal: checked by 10 replays)
        cpu0: openX
        cpu1: openY
        cpu2: check
        schedule: cpu0 1, cpu1 1, cpu0 1, cpu2 1, cpu1 1
        """)
  }

  @Test func `finds nothing in a program without a bug, and knows it`() {
    var search = ToySearch(.locked(cpus: 2, commands: 4))
    let found = search.run(Seed(1))
    #expect(found == nil)
  }

  /// Runs command after command as the schedule says, one step each; fails as `failure` says of
  /// what ran.
  private func shrink(
    _ commands: [[Int]], _ shrinker: JointShrinker = JointShrinker(),
    failure: ([[Int]]) -> String?
  ) -> JointResult<String> {
    shrinker.shrink(JointCase(commands: commands, schedule: Schedule())) { candidate, trace in
      var system = FootprintSystem(candidate.commands.map { $0.map { _ in .write(0) } })
      var (replay, source) = (Replay(candidate.schedule), ChoiceSource(seed: Seed(0)))
      _ = system.run(&replay, drawing: &source)
      var next = Array(repeating: 0, count: commands.count)
      for cpu in system.trace {
        trace.append(cpu: cpu, command: candidate.commands[cpu][next[cpu]])
        next[cpu] += 1
      }
      return failure(candidate.commands)
    }
  }

  @Test func `leaves out together what cannot be left out alone`() {
    // Commands 2 of CPU 0 and 4 of CPU 1 are an allocation and its free: neither without the other.
    let result = shrink([Array(0..<8), Array(0..<8)]) { commands in
      let isWhole = commands[0].contains(2) == commands[1].contains(4)
      return isWhole && commands[0].contains(5) ? "broken" : nil
    }
    #expect(result.minimal.commands == [[5], []])
    #expect(result.isComplete)
  }

  @Test func `keeps to the failure it was given`() {
    let result = shrink([Array(0..<8), Array(0..<8)]) { commands in
      if commands[0].contains(3), commands[1].contains(6) { return "one" }
      return commands[0].isEmpty ? nil : "another"
    }
    #expect(result.failure == "one")
    #expect(result.minimal.commands == [[3], [6]])
  }

  @Test func `stops at its limit with the best so far`() {
    let result = shrink([Array(0..<64)], JointShrinker(replayLimit: 5)) { commands in
      commands[0].contains(0) ? "broken" : nil
    }
    #expect(result.replays == 5)
    #expect(!result.isComplete)
    #expect(result.minimal.commandCount < 64)
    #expect(result.minimal.commands[0].contains(0))
  }

  @Test func `says so when the case does not fail at all`() {
    let result = shrink([[0], [1]]) { _ in nil }
    #expect(result.failure == nil)
    #expect(result.minimal.commands == [[0], [1]])
    #expect(result.replays == 1)
  }
}
