import Generators
import Testing

@Suite struct `A property` {
  private let seeded = PropertySettings(seed: Seed(1), cases: 200)

  /// The counterexample that `body` throws.
  private func counterexample(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) throws -> Counterexample {
    do {
      try body()
    } catch let error as Counterexample {
      return error
    }
    return try #require(nil, "the property passed", sourceLocation: sourceLocation)
  }

  @Test func `that holds reports its cases, labels and milestones`() throws {
    let property = Property("a sum is not below its parts", folder: nil, settings: seeded)
    let report = try property.check { trial in
      let parts = try trial.draw("parts", .arrays(of: Generator<Int>.integers(in: 0...9)))
      trial.label(parts.isEmpty ? "empty" : "filled")
      trial.sometimes("a zero", parts.contains(0))
      try trial.expect(parts.allSatisfy { $0 <= parts.reduce(0, +) })
    }
    #expect(report.cases == 200)
    #expect(report.labels.map(\.name) == ["filled", "empty"])
    #expect(report.labels.map(\.count).reduce(0, +) == 200)
    #expect(try #require(report.milestones.first).count > 20)
    #expect(report.description.contains("% filled ▇"))
  }

  @Test func `that fails prints its minimum, its price, its seed and what does not matter`() throws
  {
    let property = Property("no list holds a large element", folder: nil, settings: seeded)
    let failure = try counterexample {
      try property.check { trial in
        let list = try trial.draw("list", .arrays(of: Generator<Int>.integers(in: 0...1000)))
        let unused = try trial.draw("unused", Generator<Int>.any)
        try trial.expect(
          list.count < 2 || list[1] < 900, "\(list.count)", file: "Lists.swift", line: 7)
        _ = unused
      }
    }
    let tries = failure.statistics.evaluations
    #expect(
      failure.description == """
        ✘ no list holds a large element
          expectation failed at Lists.swift:7: 2
            list = [0, 900]
            unused = 0
          it would fail as well with any other
            item 1 of list
            unused
          \(failure.originalCount) choices shrunk to 6 in \(tries) tries; \
        nothing simpler nearby fails
          stated  PropertyTests/PropertyTests.swift:\(failure.place.line)
          repeat  STRESS_SEED=0x1 STRESS_CASES=\(failure.caseNumber) swift test \
        --filter 'that fails prints its minimum. its price. its seed and what does not matter'
          kept    nowhere, as the property asks
        """)
  }

  @Test(arguments: 0..<10)
  func `fails with the same minimum from any seed`(seed: UInt64) throws {
    let settings = PropertySettings(seed: Seed(seed), cases: 2000)
    let failure = try counterexample {
      try Property("sums are small", folder: nil, settings: settings)
        .check(.arrays(of: Generator<Int>.integers(in: 0...1000))) { list, trial in
          try trial.expect(list.reduce(0, +) <= 1000)
        }
    }
    #expect(failure.values.map(\.text) == ["[1, 1000]"])
  }

  @Test func `repeats its failure with the seed and the number of cases it prints`() throws {
    func run(_ settings: PropertySettings) throws -> Counterexample {
      try counterexample {
        try Property("no nine", folder: nil, settings: settings)
          .check(Generator<Int>.integers(in: 0...999)) { value, trial in
            try trial.expect(value < 99)
          }
      }
    }
    let first = try run(seeded)
    let again = try run(PropertySettings(seed: first.seed, cases: first.caseNumber))
    #expect(first.description == again.description)
    #expect(again.values.map(\.text) == ["99"])
  }

  @Test func `shrinks an error of its own to the same kind of error`() throws {
    struct Small: Error {}
    struct Large: Error {}
    let failure = try counterexample {
      try Property("nothing throws", folder: nil, settings: seeded)
        .check(Generator<Int>.integers(in: 0...1_000_000)) { value, _ in
          if value >= 500_000 { throw Large() }
          if value == 3 { throw Small() }
        }
    }
    #expect(failure.values.map(\.text) == ["500000"])
    #expect(failure.failure.contains("Large"))
  }

  @Test func `gives up when nearly everything is discarded, and says why`() {
    let property = Property("rare", folder: nil, settings: seeded)
    #expect {
      try property.check(Generator<Int>.integers(in: 0...1_000_000)) { value, trial in
        try trial.assume(value == 77_777, "a lucky number")
      }
    } throws: { error in
      "\(error)".contains("gave up after 2001 discarded cases")
        && "\(error)".contains("a lucky number did not hold (2001 times)")
    }
  }

  @Test func `whose milestone is never reached fails`() {
    let property = Property("queues", folder: nil, settings: seeded)
    #expect(
      throws: PropertyError.never(property: "queues", milestones: ["it overflowed"], cases: 200)
    ) {
      try property.check { trial in trial.sometimes("it overflowed", false) }
    }
  }

  @Test func `finds by its score what chance alone does not`() throws {
    func check(isGuided: Bool) throws -> PropertyReport {
      let settings = PropertySettings(seed: Seed(5), cases: 3000)
      return try Property("ten right digits", folder: nil, settings: settings).check { trial in
        let digits = try trial.draw(
          "digits", .arrays(of: Generator<Int>.integers(in: 0...9), count: 10...10))
        let right = zip(digits, [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]).count { $0 == $1 }
        trial.label("\(right) right")
        if isGuided { trial.maximise(right) }
      }
    }
    #expect(try check(isGuided: true).best == 10)
    #expect(try check(isGuided: false).labels.contains { $0.name == "10 right" } == false)
  }

  @Test func `stops after its time`() throws {
    let settings = PropertySettings(time: .milliseconds(30))
    let start = ContinuousClock.now
    let report = try Property("quick", folder: nil, settings: settings).check { trial in
      _ = trial.source.choose(below: 6)
    }
    #expect(report.cases > 0)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func `stops shrinking when its time is up, and says so`() throws {
    let settings = PropertySettings(seed: Seed(1), time: .milliseconds(400))
    let start = ContinuousClock.now
    let failure = try counterexample {
      try Property("slow", folder: nil, settings: settings)
        .check(.arrays(of: Generator<Int>.integers(in: 0...1000))) { list, trial in
          let end = ContinuousClock.now.advanced(by: .milliseconds(40))
          while ContinuousClock.now < end {}
          try trial.expect(list.reduce(0, +) < 500)
        }
    }
    #expect(ContinuousClock.now - start < .milliseconds(800))
    #expect(failure.statistics.ending == .time && failure.statistics.evaluations < 11)
    #expect(failure.explanation.isEmpty)
    #expect("\(failure)".contains(" tries; stopped early, since the time was up\n"))
  }

  @Test func `says that a failure was not shrunk, if it does not recur`() throws {
    var runs = 0
    let failure = try counterexample {
      try Property("flaky", folder: nil, settings: seeded).check(Generator<Int>.any) { _, trial in
        runs += 1
        try trial.expect(runs > 1)
      }
    }
    #expect("\(failure)".contains("\n  1 choices not shrunk; it did not fail when run again\n"))
  }

  @Test func `prints sets and dictionaries in one order only`() throws {
    struct Deep { let names: Set<String>, ages: [String: Int], pair: (Int?, Set<Int>) }
    let settings = PropertySettings(seed: Seed(1), cases: 1)
    let failure = try counterexample {
      try Property("sets", folder: nil, settings: settings).check { trial in
        _ = try trial.draw(
          "deep",
          Generator<Int>.integers(in: 0...0).map { _ in
            Deep(names: ["b", "a", "c"], ages: ["y": 2, "x": 1], pair: (nil, [3, 1, 2]))
          })
        try trial.expect(false)
      }
    }
    #expect(
      failure.values.map(\.text) == [
        #"Deep(names: ["a", "b", "c"], ages: ["x": 1, "y": 2], pair: (nil, [1, 2, 3]))"#
      ])
  }
}
