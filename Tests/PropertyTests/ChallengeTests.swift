import Generators
import Testing

@Suite struct `The shrinking challenge` {
  @Test(arguments: Challenge.problems.map(\.name))
  func `is met in all of ten seeds, within 300 evaluations in the median`(name: String) throws {
    let problem = try #require(Challenge.problems.first { $0.name == name })
    let row = problem.run(seeds: 0..<10)
    #expect(row.ideal == 10, "\(row.answers)")
    #expect(row.medianEvaluations <= 300)
  }

  @Test func `has fourteen problems`() {
    #expect(Set(Challenge.problems.map(\.name)).count == 14)
  }
}
