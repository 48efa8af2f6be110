import Generators
import Testing

@Suite struct `A schedule` {
  @Test func `is a list of turns, in which neighbours of one CPU are one turn`() {
    let schedule = Schedule(cpus: [0, 0, 1, 2, 2, 2, 0])
    #expect(schedule.description == "cpu0 2, cpu1 1, cpu2 3, cpu0 1")
    #expect(schedule.switches == 3)
    #expect(schedule.steps == 7)
    let turns = [(0, 2), (1, 0), (0, 3)].map { Schedule.Segment(cpu: $0.0, steps: $0.1) }
    #expect(Schedule(turns).description == "cpu0 5")
  }

  @Test func `without turns reads as serially`() throws {
    #expect(Schedule().description == "serially")
    for text in ["serially", "", "  ", " serially\n"] {
      #expect(try Schedule(parsing: text) == Schedule())
    }
  }

  @Test func `is read as it is written`() throws {
    for seed in try Rounds(50) {
      var source = ChoiceSource(seed: seed)
      let schedule = Schedule(cpus: (0..<40).map { _ in source.choose(0...63) })
      #expect(try Schedule(parsing: schedule.description) == schedule, seed.line())
    }
    #expect(try Schedule(parsing: " cpu3  4,cpu3 1\t,\ncpu0 2 ").description == "cpu3 5, cpu0 2")
  }

  @Test(arguments: [
    ("cpu0", "turn 1: expected \"cpuN steps\""),
    ("cpu0 1,", "turn 2: expected \"cpuN steps\""),
    ("cpu0 1, 2 cpu1", "turn 2: expected \"cpuN steps\""),
    ("cpu0 1, cpu64 1", "turn 2: the CPU is not a number below 64"),
    ("cpu 1", "turn 1: the CPU is not a number below 64"),
    ("cpu-1 1", "turn 1: the CPU is not a number below 64"),
    ("cpu0 0", "turn 1: the steps are not a number from 1 to 1048576"),
    ("cpu0 99999999999999999999", "turn 1: the steps are not a number from 1 to 1048576"),
    ("cpu0 1 serially", "turn 1: expected \"cpuN steps\""),
  ])
  func `that is no schedule is refused with a reason`(text: String, reason: String) {
    let error = #expect(throws: Schedule.ParseError.self) { try Schedule(parsing: text) }
    #expect(error?.description == reason)
  }
}

@Suite struct `A set of CPUs` {
  @Test func `is counted upwards and around`() {
    let set: CPUSet = [1, 5, 63]
    #expect(Array(set) == [1, 5, 63])
    #expect((0..<3).map { set.member($0, from: 5) } == [5, 63, 1])
    #expect((0..<3).map { set.member($0, from: 6) } == [63, 1, 5])
    #expect(set.first(from: 0) == 1)
    #expect(set.first(from: 63) == 63)
    #expect(CPUSet.first(64).count == 64)
    #expect(CPUSet.first(0).isEmpty)
    #expect(![-1, 0, 64, Int.max].contains { set.contains($0) })
  }
}

@Suite struct `A plan` {
  @Test func `counts its orders, up to a limit`() {
    #expect(ExecutionPlan(steps: [2, 2]).interleavings(upTo: 100) == 6)
    #expect(ExecutionPlan(steps: [4, 4]).interleavings(upTo: 100) == 70)
    #expect(ExecutionPlan(steps: [6, 6, 6]).interleavings(upTo: 20_000_000) == 17_153_136)
    #expect(ExecutionPlan(steps: [6, 6, 6]).interleavings(upTo: 17_153_135) == nil)
    #expect(ExecutionPlan(steps: [0, 9, 0]).interleavings(upTo: 1) == 1)
    #expect(ExecutionPlan(steps: []).interleavings(upTo: 1) == 1)
    let many = ExecutionPlan(steps: Array(repeating: 1_000, count: 64))
    #expect(many.interleavings(upTo: .max) == nil)
  }
}
