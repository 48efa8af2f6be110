import Generators
import Testing

@Suite struct `The portfolio` {
  @Test func `gives each policy its share`() {
    var portfolio = Portfolio()
    var source = ChoiceSource(seed: Seed(0))
    let plan = ExecutionPlan(steps: [30, 30, 30])
    var counts: [Policy: Int] = [:]
    for run in 0..<10_000 {
      source.reset(seed: Seed(1).derived(UInt64(run)))
      portfolio.begin(plan, drawing: &source)
      counts[portfolio.policy, default: 0] += 1
    }
    let expected = Portfolio.usualShares
    let weights = expected.reduce(0) { $0 + $1.weight }
    for share in expected {
      let policy = share.policy
      // Four standard deviations.
      let mean = Double(share.weight * 10_000) / Double(weights)
      let distance = Double(counts[policy] ?? 0) - mean
      #expect(distance * distance < 16 * mean * (1 - mean / 10_000), "\(policy)")
    }
    #expect(counts.count == expected.count)
  }

  @Test func `enumerates by itself what has few orders, and says when it is done`() {
    var system = StepSystem(.locked(cpus: 2, commands: 4))
    var portfolio = Portfolio()
    var source = ChoiceSource(seed: Seed(0))
    for execution in 1...70 {
      #expect(!portfolio.isComplete)
      #expect(system.run(&portfolio, drawing: &source) == nil)
      #expect(portfolio.finder == "exhaustive")
      #expect(portfolio.isComplete == (execution == 70))
    }
    // And then draws, as nothing is left to enumerate.
    _ = system.run(&portfolio, drawing: &source)
    #expect(portfolio.policy != .exhaustive)
    #expect(!portfolio.isComplete)
  }

  @Test func `enumerates the next program afresh`() {
    var portfolio = Portfolio()
    var source = ChoiceSource(seed: Seed(0))
    for (commands, count) in [(2, 6), (4, 70), (2, 6)] as [(Int, UInt64)] {
      var system = StepSystem(.locked(cpus: 2, commands: commands))
      repeat { _ = system.run(&portfolio, drawing: &source) } while !portfolio.isComplete
      #expect(portfolio.exhaustive.executions == count)
    }
  }

  @Test func `enumerates below five million orders, not from there on`() {
    var portfolio = Portfolio()
    var source = ChoiceSource(seed: Seed(0))
    // 24 over 12 is 2,704,156 and 25 over 12 is 5,200,300.
    portfolio.begin(ExecutionPlan(steps: [12, 12]), drawing: &source)
    #expect(portfolio.policy == .exhaustive)
    portfolio.begin(ExecutionPlan(steps: [12, 13]), drawing: &source)
    #expect(portfolio.policy != .exhaustive)
  }

  @Test func `names the policy that found a bug`() throws {
    for policy in `A policy`.drawing where policy != .serial {
      var search = ToySearch(
        .toctou(cpus: 2, commands: 4), Portfolio(only: policy, depths: 3...3))
      let found = search.run(Seed(1))
      let report = try #require(found)
      #expect(report.finder == (policy == .pct ? "pct of depth 3" : policy.rawValue))
    }
  }
}

@Suite struct `The claim about depths` {
  private let plan = ExecutionPlan(steps: [10, 30, 35])

  @Test func `is the bound of the paper`() {
    var claim = BugDepthClaim(plan)
    claim.count(depth: 3, steps: 75, runs: 1_000_000)
    // (1 - 1/16,875)^1,000,000, to three digits.
    let miss = claim.missProbability(ofDepth: 3)
    #expect((1.82e-26...1.84e-26).contains(miss))
    var deeper = BugDepthClaim(plan)
    deeper.count(depth: 4, steps: 75, runs: 1_000_000)
    #expect((0.453...0.455).contains(deeper.missProbability(ofDepth: 4)))
  }

  @Test func `says nothing of deeper bugs than a run looked for`() {
    var claim = BugDepthClaim(plan)
    claim.count(depth: 3, steps: 75, runs: 1_000_000)
    #expect(claim.missProbability(ofDepth: 4) == 1)
    #expect(claim.depth() == 3)
    claim.count(depth: 6, steps: 75, runs: 1_000_000)
    #expect(claim.missProbability(ofDepth: 4) < 1)
    #expect(claim.depth() == 3)
  }

  @Test func `says nothing without runs, nor of runs longer than planned`() {
    var claim = BugDepthClaim(plan)
    claim.count(depth: 2, steps: 76, runs: 1_000_000)
    #expect(claim.overrun == 1_000_000)
    #expect(claim.runs == 0)
    #expect(claim.missProbability(ofDepth: 1) == 1)
    #expect(claim.depth() == 0)
    #expect(
      claim.description
        == "0 PCT runs of 3 CPUs and 75 steps: nothing is claimed of any depth")
  }

  @Test func `is rounded against itself`() {
    // A chance too small for a Double beside 1 counts as none.
    var claim = BugDepthClaim(ExecutionPlan(steps: [100_000, 100_000]))
    claim.count(depth: 6, steps: 200_000, runs: .max)
    #expect(claim.missProbability(ofDepth: 6) == 1)
  }

  @Test func `is printed depth by depth, and ends where it ends`() {
    var claim = BugDepthClaim(plan)
    claim.count(depth: 2, steps: 75, runs: 4_000)
    claim.count(depth: 3, steps: 75, runs: 40_000)
    #expect(
      claim.description == """
        44000 PCT runs of 3 CPUs and 75 steps:
          a bug of depth 1 was missed with a probability of at most 2e-9
          a bug of depth 2 was missed with a probability of at most 2e-9
          of deeper bugs nothing is claimed
        """)
    #expect(claim.depth() == 2)
    #expect(claim.depth(missedBelow: 0.1) == 3)
  }

  @Test func `counts what passed, and only PCT's`() {
    var system = StepSystem(.chain(skew: 6))
    var portfolio = Portfolio()
    var source = ChoiceSource(seed: Seed(0))
    var expected: UInt64 = 0
    for run in 0..<200 {
      source.reset(seed: Seed(2).derived(UInt64(run)))
      guard system.run(&portfolio, drawing: &source) == nil else { continue }
      portfolio.passed()
      if portfolio.policy == .pct { expected += 1 }
    }
    #expect(portfolio.claim.runs == expected)
    #expect(expected > 0)
  }
}
