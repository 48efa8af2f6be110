import Generators
import Testing

@Suite struct `The shrinking challenge` {
  @Test(arguments: Challenge.problems.map(\.name).filter { $0 != "binheap" })
  func `is met in all of ten seeds, within 300 evaluations in the median`(name: String) throws {
    let problem = try #require(Challenge.problems.first { $0.name == name })
    let row = problem.run(seeds: 0..<10)
    #expect(row.ideal == 10, "\(row.answers)")
    #expect(row.medianEvaluations <= 300)
  }

  /// Some heaps end in another tree of four nodes, from which no single edit leads to the ideal.
  @Test func `leaves a heap of four nodes at most`() {
    for seed in 0..<10 as Range<UInt64> {
      let answer = ChallengeProblem.binaryHeap.shrink(seed: Seed(seed))
      #expect((answer?.text.count { $0 == "(" } ?? 99) <= 4, "\(answer?.text ?? "nothing found")")
    }
  }

  @Test func `has fourteen problems`() {
    #expect(Set(Challenge.problems.map(\.name)).count == 14)
  }
}
