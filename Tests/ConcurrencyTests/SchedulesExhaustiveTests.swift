import Generators
import Testing

@Suite struct `An exhaustive search` {
  @Test(arguments: [(2, 2, 6), (2, 4, 70), (3, 4, 34_650)] as [(Int, Int, UInt64)])
  func `runs each order of critical sections of one lock once`(
    cpus: Int, commands: Int, count: UInt64
  ) {
    let found = PolicyBench.enumerate(.locked(cpus: cpus, commands: commands))
    #expect(found.executions == count)
    #expect(found.failures == 0)
  }

  @Test func `finds every failing order of the time between check and use`() {
    // 12 steps, 6 of each CPU; how many fail was counted by running every order in turn.
    let program = ToyProgram.toctou(cpus: 2, commands: 4)
    let found = PolicyBench.enumerate(program)
    #expect(found.executions == 924)
    #expect(found.failures == UInt64(failures(of: program)))
  }

  private func failures(of program: ToyProgram) -> Int {
    var system = StepSystem(program)
    var source = ChoiceSource(seed: Seed(0))
    let plain = FootprintSystem(system.plan.steps.map { Array(repeating: .write(0), count: $0) })
    return plain.orders().count { order in
      var replay = Replay(Schedule(cpus: order))
      return system.run(&replay, drawing: &source) != nil
    }
  }

  @Test func `runs exactly one order of each kind, and finishes nothing else`() throws {
    for seed in try Rounds(300) {
      var source = ChoiceSource(seed: seed)
      var system = FootprintSystem.drawn(from: &source)
      let kinds = Set(system.orders().map(system.kind))
      var policy = Exhaustive()
      var found: [[[Int]]] = []
      repeat {
        if system.run(&policy, drawing: &source) == .finished {
          found.append(system.kind(of: system.trace))
        }
      } while !policy.isComplete
      #expect(found.count == kinds.count, seed.line())
      #expect(Set(found) == kinds, seed.line())
      #expect(policy.executions == UInt64(kinds.count), seed.line())
    }
  }

  @Test func `of CPUs that share nothing is one execution`() {
    var system = FootprintSystem([[.write(0), .write(0)], [.write(1)], [.write(2), .read(3)]])
    var policy = Exhaustive()
    var source = ChoiceSource(seed: Seed(0))
    var endings: [FootprintSystem.Ending] = []
    repeat { endings.append(system.run(&policy, drawing: &source)) } while !policy.isComplete
    #expect(endings.count { $0 == .finished } == 1)
    #expect(policy.executions == 1)
    #expect(policy.redundant == UInt64(endings.count - 1))
    #expect(source.count == 0)
  }

  @Test(arguments: 0...3)
  func `with a bound runs each order of no more preemptions once`(bound: Int) throws {
    for seed in try Rounds(60) {
      var source = ChoiceSource(seed: seed)
      var system = FootprintSystem.drawn(from: &source)
      let orders = system.orders().filter { system.preemptions(in: $0) <= bound }
      var policy = Exhaustive(preemptions: bound)
      var found: [[Int]] = []
      repeat {
        #expect(system.run(&policy, drawing: &source) == .finished)
        found.append(system.trace)
      } while !policy.isComplete
      #expect(found.count == orders.count, seed.line())
      #expect(Set(found) == Set(orders), seed.line())
    }
  }

  @Test func `finds the deadlock of two locks taken in two orders`() {
    var system = FootprintSystem([
      [.acquire(0), .acquire(1), .release(1), .release(0)],
      [.acquire(1), .acquire(0), .release(0), .release(1)],
    ])
    var policy = Exhaustive()
    var source = ChoiceSource(seed: Seed(0))
    var endings: [FootprintSystem.Ending: Int] = [:]
    repeat {
      endings[system.run(&policy, drawing: &source), default: 0] += 1
    } while !policy.isComplete
    // One after the other in either order, and the one in which each has the other's lock.
    #expect(endings[.finished] == 2)
    #expect(endings[.deadlocked] == 1)
  }

  @Test func `treats one critical section of two steps as one`() {
    let section: [FootprintSystem.Action] = [.acquire(0), .write(1), .release(0)]
    var system = FootprintSystem([section, section, section])
    var policy = Exhaustive()
    var source = ChoiceSource(seed: Seed(0))
    repeat { _ = system.run(&policy, drawing: &source) } while !policy.isComplete
    #expect(policy.executions == 6)
  }

  @Test(
    arguments: [
      [[.write(0)], [.write(0), .write(0)]],
      [[], [.write(0)]],
      [[.write(0)], []],
    ] as [[[FootprintSystem.Action]]])
  func `notices a program that does not repeat itself`(actions: [[FootprintSystem.Action]]) {
    var policy = Exhaustive()
    var source = ChoiceSource(seed: Seed(0))
    var system = FootprintSystem([[.write(0), .write(0)], [.write(0)]])
    #expect(system.run(&policy, drawing: &source) == .finished)
    #expect(!policy.isComplete)
    var other = FootprintSystem(actions)
    for _ in 0..<3 { _ = other.run(&policy, drawing: &source) }
    #expect(policy.hasDiverged)
    #expect(!policy.isComplete)
  }
}
