import Foundation
import Generators
import Testing

@Suite struct `A claim about the share of buggy programs` {
  private func claim(_ runs: [(depth: Int, runs: UInt64)], cpus: Int = 4) -> BuggyShareClaim {
    var claim = BuggyShareClaim(cpus: cpus)
    for (depth, runs) in runs { claim.count(depth: depth, steps: 9, planned: 20, runs: runs) }
    return claim
  }

  @Test func `says nothing where nothing follows`() {
    #expect(claim([]).description == "")
    #expect(claim([(2, 1000)]).programs(perBugOfDepth: 2) == nil)
    #expect(claim([(2, 1_000_000)]).programs(perBugOfDepth: 3) == nil)
  }

  @Test func `counts executions of a greater depth with their own, smaller chance`() {
    // 256 steps and CPUs: 100,000 / 256 / ln 100 = 84.8; one more depth is worth a 64th of that.
    #expect(claim([(2, 100_000)]).programs(perBugOfDepth: 2) == 84)
    #expect(claim([(3, 6_400_000)]).programs(perBugOfDepth: 2) == 84)
    #expect(claim([(3, 6_400_000)]).programs(perBugOfDepth: 3) == 84)
    #expect(claim([(2, 100_000), (3, 6_400_000)]).programs(perBugOfDepth: 2) == 169)
  }

  @Test func `is the same in whichever order it was summed up`() {
    var first = claim([(2, 3), (5, 1)])
    var second = claim([(5, 7), (3, 2)])
    let other = first
    first.add(second)
    second.add(other)
    #expect(first == second)
    #expect(first.runs == 13)
  }

  /// Programs of which one in N has a bug that a run finds as rarely as PCT promises at least.
  @Test func `is not missed by more than one in a hundred`() throws {
    let runs: UInt64 = 4000
    let programs = try #require(claim([(2, runs)]).programs(perBugOfDepth: 2))
    let chance = 1 / Double(programs) / Double(4 * BuggyShareClaim.steps)
    #expect(pow(1 - chance, Double(runs)) <= 0.01)
    #expect(pow(1 - chance / 2, Double(runs)) > 0.01)
  }
}
