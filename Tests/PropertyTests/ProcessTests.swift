import Generators
import Testing

/// Swift's hashing differs from process to process, so only two processes can show that none of it
/// reaches a case, a failure or a minimum.
@Suite struct `Two processes` {
  @Test func `print the same cases, failures and minima, byte for byte`() async throws {
    let first = await outputOfAProcess()
    let second = await outputOfAProcess()
    let bytes = try #require(first)
    #expect(bytes.count > 10_000)
    #expect(bytes == second)
  }

  private func outputOfAProcess() async -> [UInt8]? {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      try printEverything()
    }
    return result?.standardOutputContent
  }
}

private func printEverything() throws {
  for seed in 0..<3 as Range<UInt64> {
    for problem in Challenge.problems {
      guard let answer = problem.shrink(seed: Seed(seed)) else { continue }
      print(problem.name, answer.first, answer.text, answer.minimal, answer.statistics)
    }
    let settings = PropertySettings(seed: Seed(seed), cases: 500)
    let words = Generator<String>.strings(of: "abcdef", count: 1...3)
    do {
      try Property("sets stay small", folder: nil, settings: settings).check { trial in
        let set = try trial.draw("set", .sets(of: words))
        let ages = try trial.draw(
          "ages", .dictionaries(keys: words, values: Generator<Int>.integers(in: 0...99)))
        trial.maximise(set.count)
        trial.label("\(ages.count)")
        try trial.expect(set.count + ages.count < 30)
      }
    } catch {
      print(error)
    }
    let report = try Property("labels", folder: nil, settings: settings).check { trial in
      let set = try trial.draw("set", .sets(of: words))
      trial.label("\(set.count) words")
    }
    print(report)
  }
}
