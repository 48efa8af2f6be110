import Generators
import Testing

@Suite struct `An exhibit of the zoo` {
  /// Debug builds are slow, and one that never comes to an end is worse.
  private static let time = Duration.seconds(60)

  @Test(arguments: Exhibit.all) func `has a bug that is found, and made as small as it can be`(
    _ exhibit: Exhibit
  ) throws {
    let found = try exhibit.findBug(PropertySettings(seed: Seed(1), time: Self.time))
    let failure = try #require(found)
    #expect(
      (failure.calls, failure.switches) == (exhibit.calls, exhibit.switches), "\(failure)")
    #expect(!failure.law.isEmpty)
    #expect(!failure.evidence.isEmpty)
  }

  @Test(arguments: Exhibit.all) func `has a lawful version, which is proved`(
    _ exhibit: Exhibit
  ) throws {
    let report = try exhibit.proveLawful()
    #expect(report.isProof)
    #expect(report.undecided == 0)
  }

  /// An exhaustive search that leaves out too much would prove what is not so. The bug of one
  /// exhibit takes two calls of a thread, which its scope has not.
  @Test(arguments: Exhibit.all.filter { $0.calls <= $0.scope.threads * $0.scope.operations })
  func `is not proved with its bug`(_ exhibit: Exhibit) throws {
    let failure = try #require(try exhibit.refute())
    #expect(
      (failure.calls, failure.switches) == (exhibit.calls, exhibit.switches), "\(failure)")
  }

  @Test(arguments: [Exhibit.twoLocks, .philosophers]) func `says who holds what others wait for`(
    _ exhibit: Exhibit
  ) throws {
    let failure = try #require(
      try exhibit.findBug(PropertySettings(seed: Seed(1), time: Self.time)))
    #expect(failure.law == "nobody waits for ever")
    let waits = failure.evidence.split(separator: "; ")
    #expect(waits.count == exhibit.calls)
    #expect(waits.allSatisfy { $0.contains("waits for") && $0.contains("which thread") })
  }

  @Test func `that loses a signal says who waits for it`() throws {
    let failure = try #require(
      try Exhibit.lostWakeUp.findBug(PropertySettings(seed: Seed(1), time: Self.time)))
    #expect(failure.law == "nobody misses a signal")
    #expect(failure.evidence.hasSuffix("waits for not empty"))
  }

  @Test func `has a name of its own, as have at least 23 others`() {
    #expect(Set(Exhibit.all.map(\.name)).count == Exhibit.all.count)
    #expect(Exhibit.all.count >= 24)
  }
}

extension Exhibit: CustomTestStringConvertible {
  public var testDescription: String { name }
}
