import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A proof` {
  private func prove(_ space: ProofSpace, workers: Int = 2) -> Prover.Outcome {
    let judges = (0..<workers).map { _ in
      LawBook(.every, isSequential: false, cpus: space.cpus)
    }
    return Prover(space).run(judges) { false }
  }

  @Test(arguments: [(1, 4), (2, 2), (2, 3), (3, 2)], [true, false])
  func `runs every program under as many interleavings as the formula says`(
    size: (cpus: Int, commands: Int), usesCache: Bool
  ) {
    let space = ProofSpace(cpus: size.cpus, commands: size.commands, usesCache: usesCache)
    let outcome = prove(space)
    #expect(outcome.failure == nil)
    #expect(outcome.diverged == nil)
    #expect(outcome.total.programs == space.count.map(UInt64.init))
    #expect(Double(outcome.total.expected) == ProofCount(space).total)
    #expect(outcome.total.executions == outcome.total.expected)
  }

  @Test func `comes to the same counts, however many work on it`() {
    let space = ProofSpace(cpus: 2, commands: 3, usesCache: true)
    #expect(prove(space, workers: 1).tallies == prove(space, workers: 3).tallies)
    #expect(prove(space).total.programs == 231)
    #expect(prove(space).total.executions == 614)
  }

  @Test func `is known to be too long before it begins`() {
    let readme = ProofSpace(cpus: 3, commands: 4, usesCache: true)
    #expect(readme.count == 30_856)
    #expect(ProofCount(readme).total == 2_543_748)
    for usesCache in [true, false] {
      let largest = ProofSpace(cpus: 6, commands: 8, usesCache: usesCache)
      #expect(largest.count == nil)
      #expect(ProofCount(largest).total > 1e30)
    }
  }

  /// What the formula rests on, without it: all orders of the changes that two lanes make.
  @Test func `counts a lane's changes as what is left of it when nothing else is`() {
    let space = ProofSpace(cpus: 2, commands: 2, usesCache: true)
    let count = ProofCount(space)
    let twice = space.lanes.firstIndex(of: [.allocate, .allocate]) ?? 0
    let cached = space.lanes.firstIndex(of: [.allocate, .free]) ?? 0
    // 2 and 2 changes have 6 orders, 2 and 1 have 3, and what stays in a cache has none of its own.
    #expect(count.interleavings([twice, twice]) == 6)
    #expect(count.interleavings([cached, twice]) == 3)
    #expect(count.interleavings([0, twice]) == 1)
  }

  @Test(arguments: [Fault.unlockedTake, .unlockedAllocate, .a13])
  func `ends with the simplest program that breaks a law`(fault: Fault) throws {
    var space = ProofSpace(cpus: 2, commands: 2, usesCache: fault == .unlockedTake)
    space.faults = FaultSet([fault])
    let failure = try #require(prove(space).failure)
    // A free is what shows that it takes the lock twice; the others show at the first allocation.
    #expect(failure.program.commands.count <= 1)
    let book = LawBook(.every, isSequential: false, cpus: 2)
    let run = ControlledRun(cpus: 2, book)
    #expect(run.replay(failure.program, failure.schedule).finding?.law == failure.finding.law)
  }
}
